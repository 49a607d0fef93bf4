using Forge.Core;
using Forge.Core.Tests.Ops;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Recurrent cells on devices: PyTorch's outputs and gradients, through the kernels over all steps and step by step.</summary>
public sealed class RecurrentTests
{
    public static TheoryData<string, string, RecurrentPath> CellsDriversAndPaths()
    {
        var data = new TheoryData<string, string, RecurrentPath>();
        foreach (var driver in Drivers.Names())
            foreach (var cell in TorchCell.Names)
                foreach (var path in Enum.GetValues<RecurrentPath>()) data.Add(cell, driver, path);
        return data;
    }

    [DriverTheory, MemberData(nameof(CellsDriversAndPaths))]
    public void Cell_OutputsAndGradients_EqualTorch(string name, string driver, RecurrentPath path)
    {
        var cell = new TorchCell(name);
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        IReadOnlyList<string> names = [];
        var step = engine.Compile(cell.Inputs.Count, inputs =>
        {
            var results = cell.Trace(inputs, path);
            names = [.. results.Keys];
            return [.. results.Values];
        });
        var values = step.Run([.. cell.Inputs.Values]);
        foreach (var (result, value) in names.Zip(values))
            cell.Check(result, [.. Enumerable.Range(0, value.Type.Count).Select(i => value[i])], 1e-5);
    }

    public static TheoryData<string> Fast => [.. Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "system"])];

    [DriverTheory, MemberData(nameof(Fast))]
    public void Checkpoints_OfTwoHundredSteps_HalveTheArena_AndGiveTheSameGradients(string driver)
    {
        const int Batch = 4, Steps = 200, Features = 5, Units = 16;
        var inputs = SharedHash.Uniform(1, (Batch, Steps, Features), -1, 1);
        var (plain, arena) = Gradients(null);
        var (again, smaller) = Gradients(20);
        Assert.True(smaller * 2 <= arena, $"{smaller} bytes with checkpoints, {arena} without");
        Assert.Equal(4, plain.Count);
        foreach (var (one, other) in plain.Zip(again))
        {
            var largest = one.Max(Math.Abs);
            Assert.True(largest > 0);
            for (var i = 0; i < one.Length; i++) Assert.InRange(Math.Abs(one[i] - other[i]), 0, 1e-5 * largest);
        }

        (List<double[]> Values, long Arena) Gradients(int? checkpoint)
        {
            using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
            var cell = new LSTM(Units, name: "cell") { CheckpointSteps = checkpoint }; // its name decides its weights
            cell.Build((Steps, Features));
            using var step = engine.Compile(1, x => Grad.Of(cell.Call(x[0]).SumSquares(), [x[0], .. cell.Parameters.Select(p => (Tensor)p)]));
            var values = step.Run(inputs);
            return ([.. values.Select(v => Enumerable.Range(0, v.Type.Count).Select(i => v[i]).ToArray())], step.Plan!.RegionBytes[Region.Arena]);
        }
    }
}
