// coopmat.glsl: what tile.glsl does, by cooperative matrices: one workgroup's BM x BN tile of a product of 16-bit factors, summed in f32.
//
// Each step copies a BM x BK and a BK x BN tile of pairs (words of two 16-bit numbers) into shared memory, each in the order in which it lies in
// memory; the matrices are loaded from there row by row or column by column. The quads of the next step are fetched into registers while the
// matrices of this one multiply. A subgroup computes WM x WN of the tile: WM/MM * WN/MN matrices of sums, which stay in registers. To be stored they
// pass through shared memory, one matrix at a time, because only there is it known which lane holds what.
// Rows of shared memory are 16 bytes longer than needed, which keeps them free of bank conflicts and on 16 bytes.
//
// Needs   BK a multiple of MK; WM of MM, WN of MN, BM of WM, BN of WN; MM * MN a multiple of 4; SUBGROUP lanes in each subgroup and
//         BM/WM * BN/WN subgroups; every lane reaches multiplyTile. COOPMAT is the type of factors: 1 bf16, 2 f16. With WORKGROUP_MATRICES the workgroup
//         stands for a single subgroup: WM is BM, WN is BN, SUBGROUP all of its lanes.
// Gives   storeTile, as tile.glsl does. There are no column sums.
// The includer declares and defines what it does for tile.glsl; TM and TN are what a subgroup computes.
#define BK 32u
#define QUAD uvec2
#define NO_QUAD uvec2(0)
#define QUAD_AT(name, i) LOAD2(name, (i) >> 1)
#define SET_QUAD(v, e, name, i) v[(e) >> 1] |= (LOAD(name, (i) >> 1) >> (((i) & 1u) * 16u) & 0xffffu) << (((e) & 1u) * 16u)

layout(constant_id = 20) const uint MM = 16; layout(constant_id = 21) const uint MN = 16; layout(constant_id = 22) const uint MK = 16;
layout(constant_id = 23) const uint SUBGROUP = 32;

#include "matrices.glsl"

QUAD quadA(uint m, uint k, uint end);
QUAD quadB(uint k, uint n, uint end);
void storeQuad(uint m, uint n, vec4 v);

// Words of a row of the tile: of BK terms where it lies along k, else of BM rows or BN columns.
const uint PITCH_A = (A_ALONG_K ? BK : BM) / 2u + 4u, PITCH_B = (B_ALONG_K ? BK : BN) / 2u + 4u;
const uint WAVES_N = BN / TN, WAVES = BM / TM * WAVES_N, LANES = WAVES * SUBGROUP;
const uint ROWS = TM / MM, COLUMNS = TN / MN;
const uint QUADS_A = BM * BK / 4u, QUADS_B = BN * BK / 4u;
const uint FETCHED_A = (QUADS_A + LANES - 1u) / LANES, FETCHED_B = (QUADS_B + LANES - 1u) / LANES;
shared uint tileA[(A_ALONG_K ? BM : BK) * PITCH_A];
shared uint tileB[(B_ALONG_K ? BN : BK) * PITCH_B];
shared float finished[WAVES * MM * MN];
MATRIX_C(MM, MN) sums[ROWS * COLUMNS];
QUAD fetchedA[FETCHED_A], fetchedB[FETCHED_B];

void fetch(uint m0, uint n0, uint k0, uint end)
{
    [[unroll]] for (uint i = 0u; i < FETCHED_A; ++i) {
        uint quad = gl_LocalInvocationIndex + i * LANES, along = A_ALONG_K ? BK / 4u : BM / 4u;
        uint fast = quad % along * 4u, slow = quad / along;
        fetchedA[i] = quad >= QUADS_A ? NO_QUAD : A_ALONG_K ? quadA(m0 + slow, k0 + fast, end) : quadA(m0 + fast, k0 + slow, end);
    }
    [[unroll]] for (uint i = 0u; i < FETCHED_B; ++i) {
        uint quad = gl_LocalInvocationIndex + i * LANES, along = B_ALONG_K ? BK / 4u : BN / 4u;
        uint fast = quad % along * 4u, slow = quad / along;
        fetchedB[i] = quad >= QUADS_B ? NO_QUAD : B_ALONG_K ? quadB(k0 + fast, n0 + slow, end) : quadB(k0 + slow, n0 + fast, end);
    }
}

void keep()
{
    [[unroll]] for (uint i = 0u; i < FETCHED_A; ++i) {
        uint quad = gl_LocalInvocationIndex + i * LANES, along = A_ALONG_K ? BK / 4u : BM / 4u, at = quad / along * PITCH_A + quad % along * 2u;
        if (quad < QUADS_A) {
            tileA[at] = fetchedA[i].x;
            tileA[at + 1u] = fetchedA[i].y;
        }
    }
    [[unroll]] for (uint i = 0u; i < FETCHED_B; ++i) {
        uint quad = gl_LocalInvocationIndex + i * LANES, along = B_ALONG_K ? BK / 4u : BN / 4u, at = quad / along * PITCH_B + quad % along * 2u;
        if (quad < QUADS_B) {
            tileB[at] = fetchedB[i].x;
            tileB[at + 1u] = fetchedB[i].y;
        }
    }
}

// The subgroup's first row and column in the tile.
uint waveM() { return GROUP / WAVES_N * TM; }
uint waveN() { return GROUP % WAVES_N * TN; }

// Computes the tile at (m0, n0) of the product over first <= k < end.
void multiplyTile(uint m0, uint n0, uint first, uint end)
{
    [[unroll]] for (uint i = 0u; i < ROWS * COLUMNS; ++i) SET_ZERO(sums[i], MM, MN);
    fetch(m0, n0, first, end);
    for (uint k0 = first; k0 < end; k0 += BK) {
        barrier();  // the step before is read
        keep();
        barrier();
        if (k0 + BK < end) fetch(m0, n0, k0 + BK, end);
        [[unroll]] for (uint k = 0u; k < BK; k += MK) {
            MATRIX_A(MM, MK) a[ROWS];
            [[unroll]] for (uint r = 0u; r < ROWS; ++r) {
                uint m = waveM() + r * MM;
                if (A_ALONG_K) { LOAD_ROWS(a[r], tileA, m * PITCH_A + k / 2u, PITCH_A); }
                else { LOAD_COLUMNS(a[r], tileA, k * PITCH_A + m / 2u, PITCH_A); }
            }
            [[unroll]] for (uint c = 0u; c < COLUMNS; ++c) {
                uint n = waveN() + c * MN;
                MATRIX_B(MK, MN) b;
                if (B_ALONG_K) { LOAD_COLUMNS(b, tileB, n * PITCH_B + k / 2u, PITCH_B); }
                else { LOAD_ROWS(b, tileB, k * PITCH_B + n / 2u, PITCH_B); }
                [[unroll]] for (uint r = 0u; r < ROWS; ++r) MULTIPLY_ADD(a[r], b, sums[r * COLUMNS + c]);
            }
        }
    }
}

void storeTile(uint m0, uint n0)
{
    uint mine = GROUP * MM * MN;
    [[unroll]] for (uint r = 0u; r < ROWS; ++r)
        [[unroll]] for (uint c = 0u; c < COLUMNS; ++c) {
            STORE_ROWS(sums[r * COLUMNS + c], finished, mine, MN);
            // The subgroups run alike, so a barrier of all costs little, and it is one that every driver knows.
            barrier();
            for (uint quad = MEMBER; quad < MM * MN / 4u; quad += SUBGROUP) {
                uint at = mine + 4u * quad, m = quad / (MN / 4u), n = quad % (MN / 4u) * 4u;
                storeQuad(m0 + waveM() + r * MM + m, n0 + waveN() + c * MN + n, vec4(finished[at], finished[at + 1u], finished[at + 2u], finished[at + 3u]));
            }
            barrier();
        }
}

bool storesColumnSums() { return false; }
uint columnOf(uint v) { return v; }
vec4 columnSums[TN / 4u];
