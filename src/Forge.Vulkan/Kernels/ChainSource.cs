using System.Text;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>The GLSL of one fused chain: its buffers and <c>void chain(uint i)</c>, which computes WIDTH elements from i on.</summary>
/// <remarks>Extents that say where a broadcast input is read travel as push words, so that one shader serves every shape of a pattern.</remarks>
internal sealed class ChainSource
{
    private const int MostWords = 16;       // past these, extents are written into the shader
    private readonly List<uint> _words = [];

    public ChainSource(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width)
    {
        var body = new StringBuilder();
        AppendSteps(body, op, inputs);
        AppendChain(body, op, inputs, width);
        Body = body.ToString();
        var buffers = inputs.Select((t, i) => $"IN({Glsl(t.DType)}, X{i}, {i})")
            .Concat(op.Results.Select((r, i) => $"OUT({Glsl(op.Steps[r].DType)}, Y{i}, {inputs.Count + i})"));
        Buffers = $"#define BUFFERS {string.Join(' ', buffers)}\n#define PUSH uint count;{string.Concat(_words.Select((_, i) => $" uint p{i};"))}\n";
    }

    /// <summary>The macros that buffers.glsl reads.</summary>
    public string Buffers { get; }

    /// <summary>The functions.</summary>
    public string Body { get; }

    /// <summary>The push words after the count.</summary>
    public IReadOnlyList<uint> Words => _words;

    private static string Glsl(DType dtype) => dtype switch
    {
        DType.F32 => "float",
        DType.U32 => "uint",
        DType.I32 => "int",
        _ => throw new NotSupportedException($"elementwise chains hold 32-bit values, not {dtype.Label()}"),
    };

    // One function an op, so that its expression may name a, b, c; then one that runs the steps on one element.
    private static void AppendSteps(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs)
    {
        var types = inputs.Select(i => Glsl(i.DType)).Concat(op.Steps.Select(s => Glsl(s.DType))).ToArray();
        for (var s = 0; s < op.Steps.Count; s++)
        {
            var step = op.Steps[s];
            var parameters = step.Operands.Select((o, i) => $"{types[o]} {(char)('a' + i)}");
            text.Append($"{types[op.Arity + s]} step{s}({string.Join(", ", parameters)}) {{ return {step.Op.Glsl}; }} // {step.Op.Name}\n");
        }
        var arguments = inputs.Select((_, i) => $"{types[i]} v{i}").Concat(op.Results.Select((r, i) => $"out {types[op.Arity + r]} y{i}"));
        text.Append($"void one({string.Join(", ", arguments)})\n{{\n");
        for (var s = 0; s < op.Steps.Count; s++)
            text.Append($"    {types[op.Arity + s]} v{op.Arity + s} = step{s}({string.Join(", ", op.Steps[s].Operands.Select(o => $"v{o}"))});\n");
        for (var i = 0; i < op.Results.Count; i++) text.Append($"    y{i} = v{op.Arity + op.Results[i]};\n");
        text.Append("}\n");
    }

    private void AppendChain(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width)
    {
        var wide = width == 1 ? "" : $"{width}";
        text.Append("void chain(uint i)\n{\n");
        for (var k = 0; k < inputs.Count; k++) text.Append($"    {Load(k, inputs[k], op.Shape, width)}\n");
        for (var r = 0; r < op.Results.Count; r++) text.Append($"    {Glsl(op.Steps[op.Results[r]].DType)} y{r}[{width}];\n");
        for (var e = 0; e < width; e++)
        {
            var arguments = inputs.Select((_, k) => $"x{k}[{e}]").Concat(op.Results.Select((_, r) => $"y{r}[{e}]"));
            text.Append($"    one({string.Join(", ", arguments)});\n");
        }
        for (var r = 0; r < op.Results.Count; r++)
        {
            var type = Glsl(op.Steps[op.Results[r]].DType);
            var value = width == 1 ? $"y{r}[0]" : $"{Vector(type, width)}({string.Join(", ", Enumerable.Range(0, (int)width).Select(e => $"y{r}[{e}]"))})";
            text.Append($"    STORE{wide}(Y{r}, i, {value});\n");
        }
        text.Append("}\n");
    }

    private static string Vector(string type, uint width) => $"{(type == "float" ? "" : type[..1])}vec{width}";

    // Elements i .. i + width - 1 of an input that is stretched to the common shape.
    private string Load(int k, TensorType input, Shape shape, uint width)
    {
        var type = Glsl(input.DType);
        var dims = Collapsed(input.Shape, shape);
        var contiguous = dims.Count == 1 ? dims[0].Stride == 1 : dims.Count == 2 && dims[0].Stride == 0 && dims[1].Stride == 1 && dims[1].Extent % (int)width == 0;
        var constant = dims.Count == 1 ? dims[0].Stride == 0 : dims.Count == 2 && dims[1].Stride == 0 && dims[1].Extent % (int)width == 0;
        var index = Index(dims);
        if (width == 1) return $"{type} x{k}[1] = {type}[1](LOAD(X{k}, {index("i")}));";
        if (constant) return $"{type} s{k} = LOAD(X{k}, {index("i")}); {type} x{k}[{width}] = {type}[{width}]({Repeat($"s{k}")});";
        if (contiguous) return $"{Vector(type, width)} s{k} = LOAD{width}(X{k}, {index("i")}); {type} x{k}[{width}] = {type}[{width}]({Each(e => $"s{k}[{e}]")});";
        return $"{type} x{k}[{width}] = {type}[{width}]({Each(e => $"LOAD(X{k}, {index($"(i + {e}u)")})")});";

        string Repeat(string value) => Each(_ => value);
        string Each(Func<int, string> element) => string.Join(", ", Enumerable.Range(0, (int)width).Select(element));
    }

    // Axes of the common shape with the input's strides, slowest first, neighbours that are walked as one joined.
    private static List<(int Extent, int Stride)> Collapsed(Shape input, Shape shape)
    {
        var (dims, strides) = (new List<(int Extent, int Stride)>(), input.BroadcastStrides(shape));
        for (var axis = 0; axis < shape.Rank; axis++)
        {
            if (shape[axis] == 1) continue;
            if (dims.Count > 0 && dims[^1].Stride == strides[axis] * shape[axis]) dims[^1] = (dims[^1].Extent * shape[axis], strides[axis]);
            else dims.Add((shape[axis], strides[axis]));
        }
        if (dims.Count == 0) dims.Add((1, 0));
        return dims;
    }

    // Σ (i / inner % extent) · stride over the axes that move in the input.
    private Func<string, string> Index(List<(int Extent, int Stride)> dims)
    {
        var terms = new List<Func<string, string>>();
        long inner = 1;
        for (var d = dims.Count - 1; d >= 0; inner *= dims[d--].Extent)
        {
            var (extent, stride) = dims[d];
            if (stride == 0) continue;
            var (by, modulo, times) = (inner == 1 ? null : Word((uint)inner), d == 0 ? null : Word((uint)extent), stride == 1 ? null : Word((uint)stride));
            terms.Add(i => $"{i}{(by is null ? "" : $" / {by}")}{(modulo is null ? "" : $" % {modulo}")}{(times is null ? "" : $" * {times}")}");
        }
        return i => terms.Count == 0 ? "0u" : string.Join(" + ", terms.Select(t => t(i)));
    }

    private string Word(uint value)
    {
        if (_words.Count == MostWords) return $"{value}u";
        _words.Add(value);
        return $"p{_words.Count - 1}";
    }
}
