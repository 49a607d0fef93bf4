using Forge.Models.Cnn;

namespace Forge.Models.Tests.Cnn;

public sealed class BenchNetsTests
{
    [Fact]
    public void SharedHash_FirstElements_AreThePeers()
    {
        // From the benchmark programs of the peers: uniform(1, (4,), 0, 1) and uniform(10, (2,), -1, 1).
        Assert.Equal([0.5700488090515137, 0.3400886058807373, 0.05036896467208862, 0.4980319142341614], Engines.Uniform(1, new(4), 0, 1).Doubles());
        Assert.Equal([-0.6787991523742676, -0.2902160882949829], Engines.Uniform(10, new(2), -1, 1).Doubles());
    }

    [Fact]
    public void StepFlops_OfTheNets_AreThePeers()
    {
        Assert.Equal(38.0e9, BenchNets.Cnn150.StepFlops, 0.1e9);
        Assert.Equal(4_829_642, BenchNets.Cnn150.Build().Parameters.Sum(p => p.Type.Count));
        Assert.Equal(1_970_798_592.0, BenchNets.Cnn28.StepFlops, 1e3);
    }
}
