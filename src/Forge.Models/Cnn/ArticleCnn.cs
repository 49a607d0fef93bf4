using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Cnn;

/// <summary>The article's image classifier: three 3x3 convolutions with 2x2 max pools, a dense layer of 128 and a softmax.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class ArticleCnn
{
    /// <summary>The smallest side of an image that leaves something after three convolutions and pools.</summary>
    public const int SmallestSide = 22;

    /// <summary>Builds the model: valid padding, stride 1, filters 32, 64, 128. At 150x150x3 with 10 classes it has 4,829,642 parameters.</summary>
    /// <param name="inputShape">Height, width, channels.</param>
    /// <param name="classes">Classes told apart, at least 2.</param>
    /// <param name="dropout">The fraction of the last hidden layer that is dropped while training, in [0, 1); the article drops none.</param>
    /// <exception cref="ShapeException">The images are smaller than 22x22, or there are fewer than two classes.</exception>
    public static Sequential Build(Shape inputShape, int classes, float dropout = 0)
    {
        if (inputShape.Rank != 3 || inputShape[0] < SmallestSide || inputShape[1] < SmallestSide)
            throw new ShapeException($"The model needs images (height, width, channels) of at least {SmallestSide}x{SmallestSide}, not {inputShape}: each of its three stages halves them. Use a larger size.");
        if (classes < 2) throw new ShapeException($"A classifier needs at least 2 classes, not {classes}.");
        return new([
            new Input(inputShape),
            new Conv2D(32, 3, activation: "relu"), new MaxPooling2D(2),
            new Conv2D(64, 3, activation: "relu"), new MaxPooling2D(2),
            new Conv2D(128, 3, activation: "relu"), new MaxPooling2D(2),
            new Flatten(),
            new Dense(128, activation: "relu"),
            .. dropout > 0 ? [new Dropout(dropout)] : Array.Empty<Layer>(),
            new Dense(classes, activation: "softmax")]);
    }
}
