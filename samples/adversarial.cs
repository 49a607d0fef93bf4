#:project ../src/Forge.Models
#:project ../src/Forge.Vulkan
using Forge.Core; // Two models against each other, one recorded plan a step: one draws clothes, one judges. dotnet run samples/adversarial.cs [STEPS]
using Forge.Core.Ops;
using Forge.Models;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Vulkan;
const int Latent = 64;
using var engine = Engine.Open(new() { Seed = 1 });
using var data = new ImageDataGenerator().Flow(FashionMnist.Load().Train, new() { BatchSize = 60, Seed = 1, Warp = WarpPlace.Nowhere });
var artist = new Sequential("artist",
    new Input(new Shape(Latent)), new Dense(7 * 7 * 64), new Reshape((7, 7, 64)), new BatchNormalization(), new ReLU(),
    new Conv2DTranspose(32, 4, 2, 1), new BatchNormalization(), new ReLU(), new Conv2DTranspose(1, 4, 2, 1, activation: "tanh"));
var critic = new Sequential("critic",
    new Input((28, 28, 1)), new Conv2D(32, 4, 2, 1), new LeakyReLU(0.2f), new Conv2D(64, 4, 2, 1), new LeakyReLU(0.2f), new Flatten(), new Dense(1));
var (teachesArtist, teachesCritic) = (new Adam(2e-4f, beta1: 0.5f, name: "artist"), new Adam(2e-4f, beta1: 0.5f, name: "critic"));
var step = engine.Compile(1, batch =>
{
    var real = batch[0].Cast(DType.F32) * (1 / 127.5f) - 1f;
    var drawn = artist.Call(real.Graph.RandomNormal((real.Shape[0], Latent)), training: true);
    var criticLoss = Judged(real, isReal: 1) + Judged(drawn, isReal: 0);
    teachesCritic.Minimize(criticLoss, critic.Parameters);  // changes the critic alone
    var artistLoss = Judged(drawn, isReal: 1);              // by the critic that has just learnt
    teachesArtist.Minimize(artistLoss, artist.Parameters);  // changes the artist alone
    return [criticLoss, artistLoss];
});
for (var (i, steps) = (1, args.Length > 0 ? int.Parse(args[0]) : 2000); i <= steps; i++)
{
    var losses = step.Run(data.NextBatch().Images);
    if (i % 100 == 0 || i == steps) Console.WriteLine($"step {i}: critic {losses[0].Scalar():F3}, artist {losses[1].Scalar():F3}");
}
Forge.Models.Reports.PngFile.Save("clothes.png", SampleGrid.Of(engine.Evaluate(() => artist.Call(Graph.Current.RandomNormal((64, Latent)), training: false))));
Tensor Judged(Tensor images, float isReal)
{
    var logits = critic.Call(images, training: true);
    return Losses.BinaryCrossentropyOfLogits(logits.Graph.Full(logits.Type, isReal), logits);
}
