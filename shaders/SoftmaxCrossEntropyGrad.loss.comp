#version 450
// SoftmaxCrossEntropyGrad.loss: dx_i = (softmax(x)_i sum_j t_j - t_i) dloss of every row, and loss = factor sum over rows of the cross-entropy,
//   sum_i t_i (m - x_i + log sum_j e^(x_j - m)), m the maximum of the row. A target of 0 counts for nothing.
// Shapes  x, t, dx (rows, C) f32, dloss (rows) f32, loss () f32.
// NaN     a row with a NaN, with infinity, or of nothing but -infinity is NaN, and so is the loss.
// Needs   C > 0, counts < 2^31; GROUP a power of two.
// Order   fixed by GROUP: a lane adds up every GROUP-th row, then lanes meet.
// Grid    one workgroup.
// Tune    GROUP.
#extension GL_GOOGLE_include_directive : require
#define PUSH uint rows, C; float factor;
#define BUFFERS IN(float, X, 0) IN(float, T, 1) IN(float, Dloss, 2) OUT(float, Dx, 3) OUT(float, Loss, 4)
#define TREE 0
#include "buffers.glsl"
#include "rows.glsl"
shared float parts[GROUP];

void main()
{
    uint lane = gl_LocalInvocationID.x;
    float total = 0.0;
    for (uint row = lane; row < rows; row += GROUP) {
        uint at = row * C;
        NORMALIZER(X, at, largest, sum)
        float logSum = logF(sum), loss = 0.0, targets = 0.0, dloss = LOAD(Dloss, row);
        FOR_ROW(i) {
            float t = LOAD(T, at + i);
            targets += t;
            if (t != 0.0 || isNaN(t) || isNaN(logSum)) loss += t * (largest - LOAD(X, at + i) + logSum);
        }
        float scale = targets / sum;
        FOR_ROW(i) STORE(Dx, at + i, (expF(LOAD(X, at + i) - largest) * scale - LOAD(T, at + i)) * dloss);
        total += loss;
    }
    parts[lane] = total;
    barrier();
    for (uint reach = GROUP / 2u; reach > 0u; reach /= 2u) {
        if (lane < reach) parts[lane] += parts[lane + reach];
        barrier();
    }
    if (lane == 0u) STORE(Loss, 0u, factor * parts[0]);
}
