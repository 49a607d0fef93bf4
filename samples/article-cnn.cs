#:project ../src/Forge.Models
#:project ../src/Forge.Vulkan
using Forge.Core; // The article's classifier, on a folder that has a folder of images for each class: dotnet run samples/article-cnn.cs FOLDER [EPOCHS]
using Forge.Models;
using Forge.Models.Datasets;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;
using Forge.Vulkan;
var augmented = new ImageDataGenerator { Rescale = 1 / 255f, ShearRange = 0.2, ZoomRange = 0.2, HorizontalFlip = true, ValidationSplit = 0.2 };
var plain = new ImageDataGenerator { Rescale = 1 / 255f, ValidationSplit = 0.2 };
var flow = new FlowOptions { TargetSize = (150, 150), BatchSize = 32, Seed = 1 };
using var training = augmented.FlowFromDirectory(args[0], flow with { Subset = Subset.Training });
using var validation = plain.FlowFromDirectory(args[0], flow with { Subset = Subset.Validation, Shuffle = false });
using var engine = Engine.Open(new() { Seed = 1 });
var model = new Sequential(
    new Input((150, 150, 3)),
    new Conv2D(32, 3, activation: "relu"), new MaxPooling2D(2),
    new Conv2D(64, 3, activation: "relu"), new MaxPooling2D(2),
    new Conv2D(128, 3, activation: "relu"), new MaxPooling2D(2),
    new Flatten(), new Dense(128, activation: "relu"), new Dense(training.ClassNames.Count, activation: "softmax"));
Console.WriteLine(model.Summary());
model.Compile(engine, new Adam(1e-3f), Losses.CategoricalCrossentropy, [BatchMetric.Accuracy]);
model.Fit(training, new() { Epochs = args.Length > 1 ? int.Parse(args[1]) : 10, Validation = validation, Callbacks = [new ShowProgress(new(Console.Out, ProgressStyle.Plain))] });
model.SaveWeights("article-cnn.safetensors");
