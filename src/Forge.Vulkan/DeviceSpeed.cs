using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan;

/// <summary>How fast a device was in a short test: one square product, one pass over memory, by the default kernels.</summary>
/// <param name="GigaflopsPerSecond">10^9 floating-point operations a second of a product of 512x512 matrices.</param>
/// <param name="GigabytesPerSecond">10^9 bytes a second, read and written, of a ReLU over 64 MiB.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DeviceSpeed(double GigaflopsPerSecond, double GigabytesPerSecond)
{
    private const int Side = 512, Rows = 1 << 12, Runs = 5;

    /// <summary>Opens a device and measures it; about a second on a processor.</summary>
    /// <param name="device">Its index, see <see cref="DeviceDescription.Index"/>.</param>
    /// <exception cref="DeviceException">The device cannot be opened.</exception>
    public static DeviceSpeed Measure(int device)
    {
        using var backend = new VulkanBackend(new() { Device = device.ToString(System.Globalization.CultureInfo.InvariantCulture) });
        var (product, matrix, stream) = (new MatMulOp(), F32(Side), FusedElementwiseOp.Of(new ReluOp(), [F32(Rows)]));
        return new(
            product.Cost([matrix, matrix], product.Infer([matrix, matrix])).Flops / Best(backend, product, matrix, matrix) / 1e6,
            2.0 * F32(Rows).Bytes / Best(backend, stream, F32(Rows)) / 1e6);
    }

    private static TensorType F32(int side) => new(DType.F32, (side, side));

    // The best of a few: what else the machine does can only make it slower.
    private static double Best(VulkanBackend backend, Op op, params IReadOnlyList<TensorType> inputs)
    {
        var kernel = KernelTable.Find(op)!;
        var variant = kernel.VariantsOf(op, inputs, op.Infer(inputs), backend.Limits)[0];
        using var timer = new OpTimer(backend.Device, backend.Pipelines, kernel, op, variant, inputs);
        return timer.Time(warmup: 1, Runs).Min();
    }
}
