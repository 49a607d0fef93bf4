// tensor.glsl: matrices of a workgroup that load from and store to tensors in memory (GL_NV_cooperative_matrix2). The driver shares a matrix out over
// the invocations and passes it through shared memory as it sees fit, so there are no barriers to write.
//
//   TENSOR(rows, columns, pitch)     a matrix in memory whose rows are `pitch` elements apart, at least `columns`. What is asked of it outside loads
//                                    as 0 and is not stored
//   INTERIOR(rows, columns, pitch)   the same where nothing outside is asked for: what then happens is undefined
//   PART(t, row, rows, column, columns)   the part of it that starts at (row, column)
//   LOAD_TENSOR(m, X, i, part)       m (rows, columns) from a part of the matrix that starts at element i of factor X
//   LOAD_TRANSPOSED(m, X, i, part)   m (columns, rows) from it
//   STORE_TENSOR(m, Y, i, part)      a C to a part of the matrix that starts at element i of Y
//   EACH_ELEMENT(m, f, v)            m(row, column) = f(row, column, m(row, column), v)
// Needs   all of a workgroup at each of these; factors in BUFFERS of uint (pairs of numbers) with i a multiple of 8, sums in float with i one of 4:
//         a tensor starts on 16 bytes, its rows and parts need not.
#include "matrices.glsl"

// The value outside is 0 unless a layout is told another one.
#define TENSOR(rows, columns, pitch) LAYOUT_(createTensorLayoutNV(2, gl_CooperativeMatrixClampModeConstantNV), rows, columns, pitch)
#define INTERIOR(rows, columns, pitch) LAYOUT_(createTensorLayoutNV(2), rows, columns, pitch)
#define LAYOUT_(t, rows, columns, pitch) setTensorLayoutStrideNV(setTensorLayoutDimensionNV(t, rows, columns), pitch, 1u)
#define PART(t, row, rows, column, columns) sliceTensorLayoutNV(t, row, rows, column, columns)
#define LOAD_TENSOR(m, name, i, part) coopMatLoadTensorNV(m, ELEMENTS4(uint, name), (i) >> 3, part)
#define LOAD_TRANSPOSED(m, name, i, part) coopMatLoadTensorNV(m, ELEMENTS4(uint, name), (i) >> 3, part, createTensorViewNV(2, false, 1, 0))
#define STORE_TENSOR(m, name, i, part) coopMatStoreTensorNV(m, ELEMENTS4(float, name), (i) >> 2, part)
#define EACH_ELEMENT(m, f, v) coopMatPerElementNV(m, m, f, v)
