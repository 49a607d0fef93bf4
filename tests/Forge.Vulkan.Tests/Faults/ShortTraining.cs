using Forge.Core;
using Forge.Models;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>How a short training meets a driver.</summary>
/// <param name="Driver">The driver.</param>
/// <param name="Mode">How kernels reach buffers.</param>
/// <param name="Staged">Whether device memory is treated as out of the host's reach.</param>
/// <param name="Ahead">Whether further devices compile meanwhile, where the driver gains by it.</param>
internal sealed record TrainingSetting(string Driver, BufferMode Mode, bool Staged, bool Ahead = false)
{
    public override string ToString() => $"{Driver} {Mode}{(Staged ? " staged" : "")}{(Ahead ? " with further devices" : "")}";
}

/// <summary>A training run from opening the device to closing it: a small net with convolution, dropout and Adam, three steps, one of them profiled, two checkpoints over each other.</summary>
internal static class ShortTraining
{
    private static readonly HostTensor s_images = SharedHash.Uniform(1, (4, 8, 8, 1), 0, 1);
    private static readonly HostTensor s_labels = HostTensor.From([1f, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], new Shape(4, 3));

    /// <summary>Trains and writes checkpoints.</summary>
    /// <param name="setting">How it meets the driver.</param>
    /// <param name="calls">Stands between it and the driver.</param>
    /// <param name="cache">The folder of caches.</param>
    /// <param name="checkpoint">The file of the checkpoints.</param>
    /// <param name="avoided">Told of variants that the run went without.</param>
    /// <returns>The weights of both checkpoints, byte for byte, and those of the end.</returns>
    public static TrainedBits Run(TrainingSetting setting, CallFaults calls, string cache, string checkpoint, Action<string>? avoided = null)
    {
        var device = Drivers.Open(setting.Driver, new() { Mode = setting.Mode, Staged = setting.Staged, StagingBytes = 1 << 16, Hook = calls.Hook, AheadWhereHooked = setting.Ahead }, shared: true);
        var backend = new VulkanBackend(device, cacheRoot: cache, tuned: false);
        backend.Avoided += v => avoided?.Invoke(v.ToString());
        using var engine = new Engine(backend, new() { Seed = 7 });
        var model = new Sequential(new Input((8, 8, 1)), new Conv2D(3, 3, activation: "relu"), new Flatten(), new Dropout(0.25f), new Dense(3));
        var optimizer = new Adam(1e-2f);
        using var step = engine.Compile((x, y) =>
        {
            var loss = Losses.CategoricalCrossentropyOfLogits(y, model.Call(x, training: true));
            optimizer.Minimize(loss, model.Parameters);
            return loss;
        });
        step.Run(s_images, s_labels);
        var first = Save();
        step.Run(s_images, s_labels);
        if (device.Limits.TimestampPeriod > 0)
            ((Executable)step.Executable!).Profile([s_images, s_labels]);
        var second = Save();
        return new(first, second);

        byte[] Save()
        {
            var saved = new Checkpoint
            {
                Weights = model.Parameters.ToDictionary(p => p.Name, engine.State.Read),
                OptimizerSlots = optimizer.ReadState(engine.State),
                VariantTable = string.Join('\n', step.Executable!.VariantTable),
                Step = optimizer.Iterations,
            };
            saved.Save(checkpoint);
            return TrainedBits.Of(saved);
        }
    }
}

/// <summary>The values that both checkpoints of a <see cref="ShortTraining"/> hold, byte for byte.</summary>
internal sealed record TrainedBits(byte[] First, byte[] Second)
{
    /// <summary>All of a checkpoint's values, in the order of their names.</summary>
    public static byte[] Of(Checkpoint saved) =>
        [.. saved.Weights.Concat(saved.OptimizerSlots).OrderBy(t => t.Key, StringComparer.Ordinal).SelectMany(t => t.Value.Bytes.ToArray())];

    /// <summary>Whether the bits are the same.</summary>
    public bool Matches(TrainedBits other) => First.AsSpan().SequenceEqual(other.First) && Second.AsSpan().SequenceEqual(other.Second);
}
