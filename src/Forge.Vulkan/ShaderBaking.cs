using System.Collections.Concurrent;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Profiling;

namespace Forge.Vulkan;

/// <summary>Collects the shaders that plans need on many kinds of device, without any device, and compiles them into a <see cref="ShaderPack"/>.</summary>
internal sealed class ShaderBaking
{
    private readonly ShaderCompiler _compiler;
    private readonly Dictionary<string, ShaderRequest> _wanted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<DeviceLimits> _kinds;

    /// <summary>Begins with what every device is asked.</summary>
    /// <param name="compiler">Compiles, and names shaders by the hash of what they are made from.</param>
    public ShaderBaking(ShaderCompiler compiler)
    {
        _compiler = compiler;
        Matrices = MatrixProbe.KnownTo(compiler);
        var knowsTensors = MatrixProbe.KnowsTensors(compiler);
        _kinds = [.. DeviceKinds.Select(k => !k.HasCooperativeMatrix ? k : k with
        {
            Matrices = [.. Matrices.Select(type => new MatrixShape(type, 16, 16, 16))],
            // As NVIDIA's drivers have them.
            WorkgroupMatrices = [.. Matrices.SelectMany(type => (WorkgroupMatrix[])[new(type, 32, 32, 16, 256), new(type, 32, 16, 16, 128)])],
            WorkgroupMatrixExtent = 1024,
            HasTensorLoads = knowsTensors,
        })];
        foreach (var limits in _kinds)
        {
            foreach (var shape in limits.Matrices) Add(MatrixProbe.Question(shape.Factor), limits);
            if (limits.HasTensorLoads) Add(MatrixProbe.TensorQuestion, limits);
            Add(DeviceCeilings.ArithmeticPipeline, limits);
            if (LaneProbe.Concerns(limits))
                Add(LaneProbe.Question(limits), limits);
        }
    }

    /// <summary>The types of cooperative matrices that the compiler knows: their shaders are collected too.</summary>
    public IReadOnlyList<DType> Matrices { get; }

    /// <summary>Different shaders collected so far.</summary>
    public int Count => _wanted.Count;

    /// <summary>
    /// The kinds of device whose shaders differ. A shader's text depends on how it reaches memory, on whether addresses fit the push block, and on what its
    /// variants need; shapes and sizes are push words and specialization constants, so these few stand for all devices.
    /// </summary>
    public static IReadOnlyList<DeviceLimits> DeviceKinds { get; } = [.. Kinds()];

    /// <summary>A backend that plans but does not run: what is planned on it is collected. Its results are small numbers, not zero.</summary>
    /// <param name="traits">What the planner is told; what it assumes when left out.</param>
    public IBackend Backend(BackendTraits? traits = null) => new CollectingBackend(this, traits ?? new());

    /// <summary>Adds what a node of these types needs, in every variant on every kind of device.</summary>
    public void Add(Op op, IReadOnlyList<TensorType> inputs)
    {
        var planned = op is ElementwiseOp elementwise ? FusedElementwiseOp.Of(elementwise, inputs) : op;
        if (!_seen.Add($"{planned} {string.Join(' ', inputs)}") || KernelTable.Find(planned) is not { } kernel)
            return;
        var outputs = planned.Infer(inputs);
        foreach (var limits in _kinds)
            foreach (var variant in kernel.VariantsOf(planned, inputs, outputs, limits))
                foreach (var tuned in Settings(kernel, planned, variant, inputs, outputs, limits))
                {
                    var chosen = new ChosenKernel(kernel, tuned, kernel.PlanOf(planned, tuned, inputs, outputs));
                    foreach (var dispatch in chosen.Plan.Dispatches)
                        Add(KernelLowering.Request(chosen, dispatch, inputs.Count + outputs.Count), limits);
                }
    }

    /// <summary>Adds cases of every op in the table. Chains of several ops differ from model to model; those come from <see cref="Backend"/> alone.</summary>
    /// <param name="cases">Cases of each op.</param>
    public void AddOps(int cases)
    {
        foreach (var entry in OpTable.Entries)
            for (var i = 0; i < cases; i++)
                if (entry.Sample(Draw.FromSeed((ulong)i)) is { Op: not FusedElementwiseOp } drawn)
                    Add(drawn.Op, [.. drawn.Inputs.Select(input => input.Type)]);
    }

    /// <summary>Compiles everything collected, on every core.</summary>
    /// <param name="failed">Is told of each shader that does not compile here, such as one that this compiler is too old for.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>SPIR-V by key.</returns>
    /// <exception cref="DeviceException">There is no shader compiler.</exception>
    public IReadOnlyDictionary<string, byte[]> Compile(Action<string> failed, CancellationToken cancellation = default)
    {
        var compiled = new ConcurrentDictionary<string, byte[]>(StringComparer.Ordinal);
        Parallel.ForEach(_wanted, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount }, wanted =>
        {
            try
            {
                compiled[wanted.Key] = _compiler.Compile(wanted.Value);
            }
            catch (ShaderException problem)
            {
                lock (failed) failed(problem.Message);
            }
        });
        return compiled;
    }

    // Most tunables are constants of a pipeline; those that change the shader do so one by one.
    private static IEnumerable<Variant> Settings(Kernel kernel, Op op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        (from tunable in variant.Tunables ?? [] from value in tunable.Values.Skip(1) select kernel.TunedOf(op, variant, [new(tunable.Name, value)], inputs, outputs, limits)).OfType<Variant>().Prepend(variant);

    private void Add(PipelineRequest request, DeviceLimits limits)
    {
        var shader = request.CompiledFor(limits, out _);
        _wanted.TryAdd(_compiler.KeyOf(shader), shader);
    }

    private static IEnumerable<DeviceLimits> Kinds()
    {
        var gpu = new DeviceLimits
        {
            MaxWorkgroupInvocations = 1024,
            MaxWorkgroupX = 1024,
            MaxWorkgroupY = 1024,
            SharedMemoryBytes = 49152,
            SubgroupSize = 32,
            MinSubgroupSize = 32,
            MaxSubgroupSize = 32,
            MaxPushConstantBytes = 256,
            MaxBufferBytes = 1L << 40,
            MaxAllocationBytes = 1L << 40,
            MaxStorageBufferRange = uint.MaxValue,
            Mode = BufferMode.Address,
            HasBufferAddress = true,
            HasInt64 = true,
            HasFloat16 = true,
            HasInt16 = true,
            HasInt8 = true,
            HasStorage16 = true,
            HasStorage8 = true,
            HasSubgroupArithmetic = true,
            HasSubgroupBallot = true,
            HasSubgroupShuffle = true,
            HasSubgroupSizeControl = true,
            HasCooperativeMatrix = true,
            TimestampPeriod = 1,
        };
        // Drivers that run shaders on the processor: Mesa's from 24 on, older ones, SwiftShader.
        var llvmpipe = gpu with { SubgroupSize = 8, MinSubgroupSize = 8, MaxSubgroupSize = 8, SharedMemoryBytes = 32768, HasCooperativeMatrix = false, Quirks = new() { LaneChain = true, UniformPushTable = true, RunsOnProcessor = true } };
        var old = llvmpipe with { MaxPushConstantBytes = 128, Quirks = new() { UniformPushTable = true, RunsOnProcessor = true } };
        var swiftShader = old with { SubgroupSize = 4, MinSubgroupSize = 4, MaxSubgroupSize = 4, MaxPushConstantBytes = 128, HasInt64 = false, HasInt16 = false, HasInt8 = false, HasFloat16 = false, HasStorage16 = false, HasStorage8 = false, Quirks = new() { RunsOnProcessor = true, NoPointerCast = true } };
        DeviceLimits[] kinds = [llvmpipe, old, swiftShader, gpu, gpu with { MaxPushConstantBytes = 128, HasCooperativeMatrix = false, SharedMemoryBytes = 32768 }];
        foreach (var kind in kinds)
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Descriptor, BufferMode.Checked])
                yield return kind with { Mode = mode };
    }

    private sealed class CollectingBackend(ShaderBaking baking, BackendTraits traits) : IBackend
    {
        public string Description => "collects shaders";

        public BackendTraits Traits => traits;

        public IReadOnlyList<long> ScratchBytes(Node node) => [];

        public StateBlock AllocateState(string name, long bytes) => new HostState(name, bytes);

        public IExecutable Build(Plan plan)
        {
            foreach (var step in plan.Kernels) baking.Add(step.Node.Op, [.. step.Node.InputTypes]);
            return new Ones(plan);
        }

        public void Dispose() { }
    }

    // A loss or flag of zero would be taken for a step that diverged.
    private sealed class Ones(Plan plan) : IExecutable
    {
        public IReadOnlyList<string> VariantTable => [];

        public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs)
        {
            var results = plan.Outputs.Select(output => new HostTensor(output.Type)).ToList();
            foreach (var result in results) result.Bytes.Fill(1);
            return results;
        }

        public void Dispose() { }
    }

    private sealed class HostState(string name, long bytes) : StateBlock(name, bytes)
    {
        private readonly byte[] _bytes = new byte[bytes];

        public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(_bytes.AsSpan((int)offset));

        public override void Read(long offset, Span<byte> target) => _bytes.AsSpan((int)offset, target.Length).CopyTo(target);

        public override void Dispose() { }
    }
}
