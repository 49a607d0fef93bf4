using System.Text;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The GLSL of one fused chain: its buffers and <c>void chain(uint i)</c>, which computes and stores some elements from i on, or <c>term(i)</c>,
/// which only computes them.
/// </summary>
/// <remarks>Extents that say where a broadcast input is read travel as push words, so that one shader serves every shape of a pattern.</remarks>
internal sealed class ChainSource
{
    private const int MostWords = 16;       // past these, extents are written into the shader
    private readonly List<uint> _words = [];

    /// <summary>The elements that <c>chain</c> of the lane form computes: two vectors of eight.</summary>
    public const int LaneRun = 16;

    private ChainSource(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, Action<ChainSource, StringBuilder> appendChain, bool hasTerms = false)
    {
        var body = new StringBuilder();
        AppendSteps(body, op, inputs);
        appendChain(this, body);
        Body = body.ToString();
        var read = inputs.Select((t, i) => $"IN({Glsl(t.DType)}, X{i}, {i})");
        var written = hasTerms ? [$"OUT(float, Y, {inputs.Count})"] : op.Results.Select((r, i) => $"OUT({Glsl(op.Steps[r].DType)}, Y{i}, {inputs.Count + i})");
        var words = string.Concat(_words.Select((_, i) => $" uint p{i};"));
        Buffers = $"#define BUFFERS {string.Join(' ', read.Concat(written))}\n#define {(hasTerms ? "CHAIN_WORDS" : "PUSH uint count;")}{words}\n";
    }

    /// <summary>For Elementwise.comp: an invocation computes <paramref name="width"/> elements.</summary>
    public static ChainSource Wide(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width) =>
        new(op, inputs, (source, text) => source.AppendWide(text, op, inputs, width));

    /// <summary>For Elementwise.lane.comp: a subgroup of eight computes <see cref="LaneRun"/> elements from a uniform i on.</summary>
    public static ChainSource Lanes(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs) =>
        new(op, inputs, (source, text) => source.AppendLanes(text, op, inputs));

    /// <summary>For FusedReduce.comp: <c>term(i)</c> is a float, or a vec4 where <paramref name="width"/> is 4; i is a multiple of the width.</summary>
    public static ChainSource Terms(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width) =>
        new(op, inputs, (source, text) => source.AppendTerms(text, op, inputs, width), hasTerms: true);

    /// <summary>
    /// For FusedReduce.lane.comp: <c>term(i, k)</c> is a lane's of eight elements from i + k on, i uniform, k constant, multiples of 8. A subgroup
    /// asks for k = 0, <paramref name="step"/>, …; where <paramref name="run"/> is not 0, all of them lie in one aligned run of that many elements, and
    /// always in an aligned run of <paramref name="block"/>.
    /// </summary>
    public static ChainSource LaneTerms(FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, long step, long run, long block) =>
        new(op, inputs, (source, text) => source.AppendLaneTerms(text, op, inputs, step, run, block), hasTerms: true);

    /// <summary>Whether the lane form can read an input: it is whole, one element, or repeats in steps of whole runs, if need be other ones for each block of rows.</summary>
    public static bool HasLanes(Shape input, Shape shape)
    {
        var dims = Collapsed(input, shape);
        return dims.Count == 1 || (dims.Count == 2 && dims[1].Extent % LaneRun == 0) || (dims.Count == 3 && dims[1].Stride == 0 && dims[2].Stride == 1 && dims[2].Extent % LaneRun == 0);
    }

    /// <summary>The macros that buffers.glsl reads.</summary>
    public string Buffers { get; }

    /// <summary>The functions.</summary>
    public string Body { get; }

    /// <summary>The push words of the chain, which are the last.</summary>
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

    private void AppendWide(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width)
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

    private void AppendTerms(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, uint width)
    {
        var type = width == 1 ? "float" : $"vec{width}";
        text.Append($"{type} term(uint i)\n{{\n    {type} y;\n");
        for (var k = 0; k < inputs.Count; k++) text.Append($"    {Load(k, inputs[k], op.Shape, width)}\n");
        for (var e = 0; e < width; e++)
        {
            var result = width == 1 ? "y" : $"y[{e}]";
            text.Append($"    one({string.Join(", ", inputs.Select((_, k) => $"x{k}[{e}]").Append(result))});\n");
        }
        text.Append("    return y;\n}\n");
    }

    private void AppendLaneTerms(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs, long step, long run, long block)
    {
        text.Append("float term(uint i, uint k)\n{\n    float y;\n");
        for (var k = 0; k < inputs.Count; k++)
        {
            var (type, dims) = (Glsl(inputs[k].DType), Collapsed(inputs[k].Shape, op.Shape));
            var address = $"ADDRESS(X{k}) + {LaneOffset(dims, step, run, block)}";
            text.Append($"    {type} a{k} = {FromFloat(type, dims[^1].Stride == 0 ? $"WORD({address}, 0)" : $"load8({address})")};\n");
        }
        text.Append($"    one({string.Join(", ", inputs.Select((_, k) => $"a{k}").Append("y"))});\n    return y;\n}}\n");
    }

    // Element i + k of an input, in bytes. What depends on i alone is computed once for all k, and a 64-bit sum puts k into the load instruction:
    // an address of its own for each load costs a processor more than the load.
    private string LaneOffset(List<(int Extent, int Stride)> dims, long step, long run, long block) => dims switch
    {
        [(_, 0)] => "0ul",
        [(_, 1)] => "4ul * i + 4ul * k",
        [(_, 0), (var extent, 1)] when run > 0 && extent % run == 0 => $"4ul * ({Index(dims)("i")}) + 4ul * k",
        [(_, 0), (var extent, 1)] when step % extent == 0 => $"4ul * ({Index(dims)("i")})",
        [(_, 1), (var extent, 0)] when run > 0 && extent % run == 0 => $"4ul * ({Index(dims)("i")})",
        [(_, 1), (var extent, 0)] when step % extent == 0 => $"4ul * ({Index(dims)("i")}) + 4ul * (k / {extent}u)",
        [_, (var rows, 0), (var extent, 1)] when step % extent == 0 && (long)rows * extent % block == 0 => $"4ul * ({Index(dims)("i")})",
        _ => $"4ul * ({Index(dims)("(i + k)")})",
    };

    private void AppendLanes(StringBuilder text, FusedElementwiseOp op, IReadOnlyList<TensorType> inputs)
    {
        text.Append("void chain(uint i)\n{\n");
        for (var k = 0; k < inputs.Count; k++)
        {
            var (type, dims) = (Glsl(inputs[k].DType), Collapsed(inputs[k].Shape, op.Shape));
            var address = $"ADDRESS(X{k}) + 4ul * ({Index(dims)("i")})";
            text.Append(dims[^1].Stride == 0
                ? $"    {type} a{k} = {FromFloat(type, $"WORD({address}, 0)")}, b{k} = a{k};\n"
                : $"    uint64_t at{k} = {address}; {type} a{k} = {FromFloat(type, $"load8(at{k})")}, b{k} = {FromFloat(type, $"load8(at{k} + 32ul)")};\n");
        }
        for (var r = 0; r < op.Results.Count; r++) text.Append($"    {Glsl(op.Steps[op.Results[r]].DType)} ya{r}, yb{r};\n");
        foreach (var half in "ab")
        {
            var arguments = inputs.Select((_, k) => $"{half}{k}").Concat(op.Results.Select((_, r) => $"y{half}{r}"));
            text.Append($"    one({string.Join(", ", arguments)});\n");
        }
        for (var r = 0; r < op.Results.Count; r++)
        {
            var type = Glsl(op.Steps[op.Results[r]].DType);
            text.Append($"    store16(ADDRESS(Y{r}) + 4ul * i, {ToFloat(type, $"ya{r}")}, {ToFloat(type, $"yb{r}")});\n");
        }
        text.Append("}\n");
    }

    // The lane form moves every word as a float; bits stay as they are.
    private static string FromFloat(string type, string word) => type switch { "uint" => $"floatBitsToUint({word})", "int" => $"floatBitsToInt({word})", _ => word };

    private static string ToFloat(string type, string value) => type switch { "uint" => $"uintBitsToFloat({value})", "int" => $"intBitsToFloat({value})", _ => value };

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
