namespace Forge.Core.Tests;

public sealed class ShapeTests
{
    // Count is the number of elements: a compiler that took it for the number of extents would pad the list with zeros.
    [Fact]
    public void Shape_SpreadIntoALongerList_GivesItsExtents()
    {
        var shape = new Shape(2, 3);
        Assert.Equal([7, 2, 3, 9], (int[])[7, .. shape, 9]);
        Assert.Equal(new Shape(2, 3, 5), new Shape([.. shape, 5]));
        ValueList<int> list = [.. shape, .. shape];
        Assert.Equal([2, 3, 2, 3], list);
    }

    [Fact]
    public void Shape_SameExtents_AreEqual()
    {
        Assert.Equal(new Shape(2, 3), (2, 3));
        Assert.Equal(new Shape(2, 3).GetHashCode(), new Shape(2, 3).GetHashCode());
        Assert.NotEqual(new Shape(2, 3), new Shape(3, 2));
        Assert.NotEqual(new Shape(6), new Shape(2, 3));
    }

    [Fact]
    public void Shape_TooLargeOrNegative_IsRefused()
    {
        Assert.Contains("2^31", Assert.Throws<ShapeException>(() => new Shape(1 << 16, 1 << 15)).Message, StringComparison.Ordinal);
        Assert.Contains("negative", Assert.Throws<ShapeException>(() => new Shape(2, -1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 1), InlineData(1, 1), InlineData(-2, 0)]
    public void Axis_Negative_CountsFromTheEnd(int axis, int expected) => Assert.Equal(expected, new Shape(2, 3).Axis(axis));

    [Fact]
    public void Axis_OutsideTheRank_IsRefusedWithTheRange() =>
        Assert.Contains("-2..1", Assert.Throws<ShapeException>(() => new Shape(2, 3).Axis(2)).Message, StringComparison.Ordinal);

    [Fact]
    public void Broadcast_MissingAndUnitAxes_Stretch()
    {
        Assert.Equal((4, 2, 3), Shape.Broadcast((2, 1), (4, 1, 3)));
        Assert.Equal([0, 1, 0], new Shape(2, 1).BroadcastStrides((4, 2, 3)));
        Assert.Contains("2 and 3", Assert.Throws<ShapeException>(() => Shape.Broadcast(new Shape(2), new Shape(3))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 2, 3 }, new[] { 3 })]
    [InlineData(new[] { 2 }, new[] { 1 })]
    [InlineData(new[] { 0 }, new[] { 3 })]
    public void BroadcastStrides_OfWhatDoesNotStretch_AreRefused(int[] from, int[] to) =>
        Assert.Throws<ShapeException>(() => new Shape(from).BroadcastStrides(new Shape(to)));
}
