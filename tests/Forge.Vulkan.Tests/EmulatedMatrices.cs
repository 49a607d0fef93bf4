using Forge.Core;

namespace Forge.Vulkan.Tests;

/// <summary>
/// Another kernel's coopmat variant with shaders/include/matrices.glsl and tensor.glsl replaced by plain GLSL, in which every lane holds all of a matrix and
/// the addresses of GL_NV_cooperative_matrix2 are computed step by step as its text has them: the rest of the shader and the host's plan run on any driver.
/// </summary>
/// <param name="kernel">The kernel.</param>
/// <param name="factor">The type of the factors.</param>
internal sealed class EmulatedMatrices<TOp>(Kernel kernel, DType factor) : Kernel<TOp> where TOp : Op
{
    public override string Stem => kernel.Stem;

    public override IEnumerable<Variant> Variants(TOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) => kernel.VariantsOf(op, inputs, outputs, limits);

    public override KernelPlan Plan(TOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var plan = kernel.PlanOf(op, variant, inputs, outputs);
        // A dispatch with a shader of its own is no product.
        return plan with { Dispatches = [.. plan.Dispatches.Select(d => d.Shader is not null ? d : d with { Defines = Defines(variant), Includes = EmulatedGlsl.Includes })] };
    }

    private (string, string)[] Defines(Variant variant) =>
    [
        ("EMULATED", MatrixProbe.Define(factor)),
        .. Kernels.WorkgroupTile.IsOfTensors(variant) ? (IEnumerable<(string, string)>)[(MatrixProbe.WithTensors, "1"), ("LANES", $"{variant.Lanes}")] : [],
    ];
}

/// <summary>The text of the emulation.</summary>
internal static class EmulatedGlsl
{
    // What a load gives that reads outside an INTERIOR, or from a start that is not on 16 bytes: a NaN.
    private const string Matrices = """
        #include "sixteen.glsl"
        #ifdef TENSORS
        const uvec3 extents_ = uvec3(BM, BN, BK);
        #else
        const uvec3 extents_ = uvec3(MM, MN, MK);
        #define GROUP (gl_LocalInvocationIndex / SUBGROUP)
        #define MEMBER (gl_LocalInvocationIndex % SUBGROUP)
        #endif
        #define wrong_ uintBitsToFloat(0x7fc0deadu)
        struct MatrixA { float v[256]; int type; };
        struct MatrixB { float v[256]; uint type; };
        struct MatrixC { float v[256]; float type; };
        uvec2 size_(int a) { return extents_.xz; }
        uvec2 size_(uint b) { return extents_.zy; }
        uvec2 size_(float c) { return extents_.xy; }
        float number_(uint word, uint i) { return fromPair(word, EMULATED)[i & 1u]; }
        #define MATRIX_A(m, k) MatrixA
        #define MATRIX_B(k, n) MatrixB
        #define MATRIX_C(m, n) MatrixC
        // Never a matrix as an argument: drivers copy it element by element, and take minutes to compile that.
        #define EACH_(m, body) { uint columns_ = size_(m.type).y, count_ = size_(m.type).x * columns_; \
            [[dont_unroll]] for (uint e_ = 0u; e_ < count_; ++e_) { uint row_ = e_ / columns_, column_ = e_ % columns_; body } }
        #define SET_ZERO(c, m, n) EACH_(c, c.v[e_] = 0.0;)
        #define MULTIPLY_ADD(a, b, c) EACH_(c, [[dont_unroll]] for (uint t_ = 0u; t_ < extents_.z; ++t_) c.v[e_] += a.v[row_ * extents_.z + t_] * b.v[t_ * columns_ + column_];)
        #define LOAD_ROWS(m, array, i, pitch) EACH_(m, uint at_ = 2u * ((i) + row_ * (pitch)) + column_; m.v[e_] = number_(array[at_ >> 1], at_);)
        #define LOAD_COLUMNS(m, array, i, pitch) EACH_(m, uint at_ = 2u * ((i) + column_ * (pitch)) + row_; m.v[e_] = number_(array[at_ >> 1], at_);)
        #define STORE_ROWS(m, array, i, pitch) EACH_(m, array[(i) + row_ * (pitch) + column_] = m.v[e_];)
        """;

    // The functions of the extension's text, with its names; a block is one element.
    private const string Tensors = """
        #include "matrices.glsl"
        struct Layout { uvec2 layoutDimension; uvec2 stride; ivec2 offset; uvec2 span; bool clamps; };
        Layout layout_(uint rows, uint columns, uint pitch, bool clamps) { return Layout(uvec2(rows, columns), uvec2(pitch, 1u), ivec2(0), uvec2(rows, columns), clamps); }
        Layout slice_(Layout t, int offset0, uint span0, int offset1, uint span1) { return Layout(t.layoutDimension, t.stride, t.offset + ivec2(offset0, offset1), uvec2(span0, span1), t.clamps); }
        uvec2 linearToSpanCoord(Layout t, uint index) { return uvec2(index / t.span.y % t.span.x, index % t.span.y); }
        uint throughTransposingView(Layout t, uint index)
        {
            uvec2 view;
            view[0] = index % t.span[0]; index /= t.span[0];   // dimension 1 of the view is dimension 0 of the span
            view[1] = index % t.span[1];
            return view[0] * t.span[1] + view[1];
        }
        // The element of the tensor, or -1 for one outside it.
        int tensorElement(Layout t, uint index)
        {
            ivec2 c = ivec2(linearToSpanCoord(t, index)) + t.offset;
            return c.x < 0 || c.x >= int(t.layoutDimension.x) || c.y < 0 || c.y >= int(t.layoutDimension.y) ? -1 : c.x * int(t.stride.x) + c.y * int(t.stride.y);
        }
        #define TENSOR(rows, columns, pitch) layout_(rows, columns, pitch, true)
        #define INTERIOR(rows, columns, pitch) layout_(rows, columns, pitch, false)
        #define PART(t, row, rows, column, columns) slice_(t, int(row), rows, int(column), columns)
        #define LOAD_(m, name, i, part, index) { Layout t_ = part; EACH_(m, int element_ = tensorElement(t_, index); uint at_ = (i) + uint(element_); \
            m.v[e_] = (i) % 8u != 0u ? wrong_ : element_ >= 0 ? number_(LOAD(name, at_ >> 1), at_) : t_.clamps ? 0.0 : wrong_;) }
        #define LOAD_TENSOR(m, name, i, part) LOAD_(m, name, i, part, e_)
        #define LOAD_TRANSPOSED(m, name, i, part) LOAD_(m, name, i, part, throughTransposingView(t_, e_))
        #define STORE_TENSOR(m, name, i, part) { Layout t_ = part; EACH_(m, int element_ = tensorElement(t_, e_); \
            if (element_ >= 0) STORE(name, (i) + uint(element_), (i) % 4u != 0u ? wrong_ : m.v[e_]);) }
        #define EACH_ELEMENT(m, f, x) EACH_(m, m.v[e_] = f(row_, column_, m.v[e_], x);)
        """;

    /// <summary>The replaced files. COOPMAT would switch extensions on besides taking coopmat.glsl for tile.glsl.</summary>
    public static IReadOnlyList<(string Name, string Text)> Includes { get; } = [("matrices.glsl", Matrices), ("tensor.glsl", Tensors), ("tile.glsl", "#include \"coopmat.glsl\"\n")];
}
