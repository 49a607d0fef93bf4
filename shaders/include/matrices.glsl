// matrices.glsl: the words in which kernels speak of cooperative matrices: A (m,k) and B (k,n) of 16-bit factors, C (m,n) of f32 sums.
//
//   MATRIX_A(m, k), MATRIX_B(k, n), MATRIX_C(m, n)   types
//   SET_ZERO(c, m, n)              c (m, n) = 0
//   LOAD_ROWS(m, X, i, pitch)      m from shared array X of pairs, rows `pitch` words apart, the first from word i on
//   LOAD_COLUMNS(m, X, i, pitch)   the same where columns lie so
//   STORE_ROWS(m, X, i, pitch)     a C to shared array X of floats
//   MULTIPLY_ADD(a, b, c)          c += a b
// COOPMAT is the type of factors: 1 bf16, 2 f16. A matrix is held by a subgroup, or where WORKGROUP_MATRICES or TENSORS is defined by the workgroup
// (VK_NV_cooperative_matrix2): GROUP is which of those that hold matrices this invocation is in, MEMBER which one of it.
#if COOPMAT == 1
#define NUMBER bfloat16_t
#else
#define NUMBER float16_t
#endif
#if defined(WORKGROUP_MATRICES) || defined(TENSORS)
#define SCOPE gl_ScopeWorkgroup
#define GROUP 0u
#define MEMBER gl_LocalInvocationIndex
#else
#define SCOPE gl_ScopeSubgroup
#define GROUP gl_SubgroupID
#define MEMBER gl_SubgroupInvocationID
#endif
#define MATRIX_A(m, k) coopmat<NUMBER, SCOPE, m, k, gl_MatrixUseA>
#define MATRIX_B(k, n) coopmat<NUMBER, SCOPE, k, n, gl_MatrixUseB>
#define MATRIX_C(m, n) coopmat<float, SCOPE, m, n, gl_MatrixUseAccumulator>
#define SET_ZERO(c, m, n) c = MATRIX_C(m, n)(0.0)
#define LOAD_ROWS(m, array, i, pitch) coopMatLoad(m, array, i, pitch, gl_CooperativeMatrixLayoutRowMajor)
#define LOAD_COLUMNS(m, array, i, pitch) coopMatLoad(m, array, i, pitch, gl_CooperativeMatrixLayoutColumnMajor)
#define STORE_ROWS(m, array, i, pitch) coopMatStore(m, array, i, pitch, gl_CooperativeMatrixLayoutRowMajor)
#define MULTIPLY_ADD(a, b, c) c = coopMatMulAdd(a, b, c)
