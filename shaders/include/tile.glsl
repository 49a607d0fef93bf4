// tile.glsl: one workgroup's BM x BN tile of a product C[m,n] = sum over k of A[m,k] * B[k,n], through shared memory.
//
// Each step copies a BM x BK and a BK x BN tile into shared memory, k outermost, so that a lane reads its TM values of A and TN of B
// as vec4s and does TM*TN multiply-adds with them. A lane's rows are quads BM/TM quads apart, its columns quads BN/TN apart:
// neighbouring lanes then read neighbouring quads, which keeps shared memory free of bank conflicts; rows of it are one quad
// longer than needed for the same reason.
//
// Needs   TM, TN multiples of 4, BM a multiple of TM, BN of TN; local size (BM/TM)*(BN/TN); every lane reaches multiplyTile.
// Gives   sums[], columnSums[] and, through storeTile, each finished quad.
// The includer declares constants BM, BN, TM, TN, COLUMN_SUMS, A_ALONG_K, B_ALONG_K, and defines:
//   QUAD quadA(uint m, uint k, uint end)   A at (m, k..k+3) where A_ALONG_K, else at (m..m+3, k); 0 outside A and at k >= end
//   QUAD quadB(uint k, uint n, uint end)   B at (k..k+3, n) where B_ALONG_K, else at (k, n..n+3); 0 outside B and at k >= end
//   void storeQuad(uint m, uint n, vec4 v) C at (m, n..n+3); must drop what is outside C
// with QUAD_AT(X, i) elements i..i+3 of a factor, SET_QUAD(v, e, X, i) element i in place e of a quad of NO_QUAD: what a quad is, coopmat.glsl
// says otherwise.
#define BK 16u
#define QUAD vec4
#define NO_QUAD vec4(0)
#define QUAD_AT(name, i) FACTOR4(name, i)
#define SET_QUAD(v, e, name, i) v[e] = FACTOR(name, i)

QUAD quadA(uint m, uint k, uint end);
QUAD quadB(uint k, uint n, uint end);
void storeQuad(uint m, uint n, vec4 v);

const uint PITCH_A = BM / 4u + 1u, PITCH_B = BN / 4u + 1u;
const uint LANES_M = BM / TM, LANES_N = BN / TN, LANES = LANES_M * LANES_N;
shared vec4 tileA[BK * PITCH_A];
shared vec4 tileB[BK * PITCH_B];
vec4 sums[TM * TN / 4u];   // row 4u+e, quad v at (4u + e) * TN/4 + v
vec4 columnSums[TN / 4u];

void fillA(uint m0, uint k0, uint end)
{
    for (uint quad = gl_LocalInvocationIndex; quad < BK * BM / 4u; quad += LANES) {
        if (A_ALONG_K) {
            uint k = quad % (BK / 4u) * 4u, m = quad / (BK / 4u);
            vec4 v = quadA(m0 + m, k0 + k, end);
            [[unroll]] for (uint e = 0u; e < 4u; ++e) tileA[(k + e) * PITCH_A + m / 4u][m % 4u] = v[e];
        } else {
            uint m = quad % (BM / 4u), k = quad / (BM / 4u);
            tileA[k * PITCH_A + m] = quadA(m0 + 4u * m, k0 + k, end);
        }
    }
}

void fillB(uint n0, uint k0, uint end)
{
    for (uint quad = gl_LocalInvocationIndex; quad < BK * BN / 4u; quad += LANES) {
        if (B_ALONG_K) {
            uint k = quad % (BK / 4u) * 4u, n = quad / (BK / 4u);
            vec4 v = quadB(k0 + k, n0 + n, end);
            [[unroll]] for (uint e = 0u; e < 4u; ++e) tileB[(k + e) * PITCH_B + n / 4u][n % 4u] = v[e];
        } else {
            uint n = quad % (BN / 4u), k = quad / (BN / 4u);
            tileB[k * PITCH_B + n] = quadB(k0 + k, n0 + 4u * n, end);
        }
    }
}

// Adds the products of one term to the lane's sums.
void multiplyTerm(uint k, uint row, uint column)
{
    vec4 b[TN / 4u];
    [[unroll]] for (uint v = 0u; v < TN / 4u; ++v) b[v] = tileB[k * PITCH_B + column + v * LANES_N];
    [[unroll]] for (uint u = 0u; u < TM / 4u; ++u) {
        vec4 a = tileA[k * PITCH_A + row + u * LANES_M];
        [[unroll]] for (uint v = 0u; v < TN / 4u; ++v) {
            sums[(4u * u + 0u) * (TN / 4u) + v] += a.x * b[v];
            sums[(4u * u + 1u) * (TN / 4u) + v] += a.y * b[v];
            sums[(4u * u + 2u) * (TN / 4u) + v] += a.z * b[v];
            sums[(4u * u + 3u) * (TN / 4u) + v] += a.w * b[v];
        }
    }
    if (COLUMN_SUMS)
        [[unroll]] for (uint v = 0u; v < TN / 4u; ++v) columnSums[v] += b[v];
}

// Computes the tile at (m0, n0) of the product over first <= k < end.
void multiplyTile(uint m0, uint n0, uint first, uint end)
{
    uint row = gl_LocalInvocationIndex / LANES_N, column = gl_LocalInvocationIndex % LANES_N;
    [[unroll]] for (uint i = 0u; i < TM * TN / 4u; ++i) sums[i] = vec4(0);
    [[unroll]] for (uint v = 0u; v < TN / 4u; ++v) columnSums[v] = vec4(0);
    for (uint k0 = first; k0 < end; k0 += BK) {
        barrier();  // the step before is read
        fillA(m0, k0, end);
        fillB(n0, k0, end);
        barrier();
        // Four terms to an iteration: enough to overlap loads and arithmetic, and a quarter of the code that all sixteen would be.
        [[dont_unroll]] for (uint first4 = 0u; first4 < BK; first4 += 4u)
            [[unroll]] for (uint e = 0u; e < 4u; ++e) multiplyTerm(first4 + e, row, column);
    }
}

void storeTile(uint m0, uint n0)
{
    uint row = gl_LocalInvocationIndex / LANES_N, column = gl_LocalInvocationIndex % LANES_N;
    [[unroll]] for (uint r = 0u; r < TM; ++r)
        [[unroll]] for (uint v = 0u; v < TN / 4u; ++v)
            storeQuad(m0 + 4u * (row + r / 4u * LANES_M) + r % 4u, n0 + 4u * (column + v * LANES_N), sums[r * (TN / 4u) + v]);
}

// Whether this lane holds the column sums of its columns that are to be stored, and where quad v of them is.
bool storesColumnSums() { return COLUMN_SUMS && gl_LocalInvocationIndex < LANES_N; }
uint columnOf(uint v) { return 4u * (gl_LocalInvocationIndex % LANES_N + v * LANES_N); }
