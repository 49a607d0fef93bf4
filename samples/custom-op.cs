#:project ../src/Forge.Vulkan
using Forge.Core;               // An op of one's own, running sums along rows, with its GLSL and gradient: dotnet run samples/custom-op.cs
using Forge.Core.Reference;
using Forge.Vulkan;
if (KernelTrials.Serve()) return;                     // the kernel is tried in a process of its own
using var engine = Engine.Open();
Console.WriteLine(OpCheck.Run<RunningSumOp>(engine)); // the device against Reference, Vjp against finite differences of it
var slope = engine.Compile(x => Grad.Of(new RunningSumOp(FromEnd: false).On(x).Square().Sum(), x));
Console.WriteLine(string.Join(" ", slope.Run(HostTensor.From([1f, 2f, 3f], new Shape(1, 3)))[0].Span<float>().ToArray()));
sealed record RunningSumOp(bool FromEnd) : GlslOp, ISampled
{
    protected override GlslDispatch Glsl(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => new("""
        #version 450
        #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
        #define PUSH uint rows, width, fromEnd;
        #include "buffers.glsl"
        layout(local_size_x_id = 0) in; void main() { // one invocation a row
            uint row = LINEAR_INDEX; float sum = 0.0;
            for (uint j = 0u; j < width && row < rows; j++) { uint i = row * width + (fromEnd == 1u ? width - 1u - j : j); STORE(Y, i, sum += LOAD(X, i)); }
        }
        """) { Invocations = inputs[0].Shape[0], Push = [(uint)inputs[0].Shape[0], (uint)inputs[0].Shape[1], FromEnd ? 1u : 0u] };
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0].MustBe(DType.F32, rank: 2)];
    public override void Reference(IReadOnlyList<ReferenceTensor> x, IReadOnlyList<ReferenceTensor> y)
    {
        for (var (k, n, width) = (0, x[0].Elements.Length, x[0].Shape[1]); k < n; k++)
            y[0][FromEnd ? n - 1 - k : k] = x[0][FromEnd ? n - 1 - k : k] + (k % width == 0 ? 0 : y[0][FromEnd ? n - k : k - 1]);
    }
    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new RunningSumOp(!FromEnd).On(cotangents[0])];
    public static OpCase Sample(Draw draw) => new(new RunningSumOp(draw.Bool()), draw.Uniform(draw.Shape(rank: 2)));
}
