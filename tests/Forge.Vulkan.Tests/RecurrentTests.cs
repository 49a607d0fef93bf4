using Forge.Core;
using Forge.Core.Tests.Ops;

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
}
