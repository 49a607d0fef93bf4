using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Gan;

/// <summary>What a generator and a discriminator play for; all from logits (n, 1).</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record GanLoss
{
    /// <summary>Cross-entropy of real and fake; the generator wants fakes to be taken for real (Goodfellow et al. 2014, section 3).</summary>
    public static GanLoss Nonsaturating { get; } = new NonsaturatingLoss();

    /// <summary>Squared distance from 1 for real, 0 for fake (Mao et al. 2017).</summary>
    public static GanLoss LeastSquares { get; } = new LeastSquaresLoss();

    /// <summary>Hinges at 1 and −1 (Lim and Ye 2017).</summary>
    public static GanLoss Hinge { get; } = new HingeLoss();

    /// <summary>The Wasserstein distance with a gradient penalty of 10 (Gulrajani et al. 2017): the critic has no batch normalisation and learns five times as often.</summary>
    public static GanLoss WassersteinPenalty { get; } = new WassersteinLoss();

    /// <summary>Every loss.</summary>
    public static IReadOnlyList<GanLoss> All { get; } = [Nonsaturating, LeastSquares, Hinge, WassersteinPenalty];

    /// <summary>The name on the command line and in checkpoints: nonsaturating, lsgan, hinge, wgan-gp.</summary>
    public abstract string Name { get; }

    /// <summary>Updates of the discriminator for one of the generator.</summary>
    public virtual int DiscriminatorSteps => 1;

    /// <summary>Whether the discriminator may normalise over the batch: not where its gradient for each image counts.</summary>
    public virtual bool AllowsBatchNormalization => true;

    /// <summary>Adam's learning rate, unless another is asked for.</summary>
    public virtual float LearningRate => 2e-4f;

    /// <summary>Adam's decay of the mean gradient and of the mean square.</summary>
    public virtual (float First, float Second) Betas => (0.5f, 0.999f);

    /// <summary>The loss of a name.</summary>
    /// <returns>Null where there is none.</returns>
    public static GanLoss? Find(string name) => All.FirstOrDefault(l => l.Name == name);

    /// <summary>What the discriminator makes small.</summary>
    /// <param name="real">Logits of real images, f32 (n, 1).</param>
    /// <param name="fake">Logits of made ones.</param>
    /// <returns>f32 ().</returns>
    public abstract Tensor Discriminator(Tensor real, Tensor fake);

    /// <summary>What the generator makes small.</summary>
    /// <param name="fake">Logits of made images, f32 (n, 1).</param>
    /// <returns>f32 ().</returns>
    public abstract Tensor Generator(Tensor fake);

    /// <summary>What the discriminator's loss has besides, from images and not from logits alone; null for nothing.</summary>
    /// <param name="critic">Images (n, height, width, channels) to logits (n, 1).</param>
    /// <param name="real">Real images.</param>
    /// <param name="fake">Made ones, as many.</param>
    public virtual Tensor? Penalty(Func<Tensor, Tensor> critic, Tensor real, Tensor fake) => null;

    private sealed record NonsaturatingLoss : GanLoss
    {
        public override string Name => "nonsaturating";

        public override Tensor Discriminator(Tensor real, Tensor fake) => Generator(real) + fake.Softplus().Mean();

        public override Tensor Generator(Tensor fake) => (-fake).Softplus().Mean();
    }

    private sealed record LeastSquaresLoss : GanLoss
    {
        public override string Name => "lsgan";

        public override Tensor Discriminator(Tensor real, Tensor fake) => Generator(real) + fake.Square().Mean();

        public override Tensor Generator(Tensor fake) => (fake - 1f).Square().Mean();
    }

    private sealed record HingeLoss : GanLoss
    {
        public override string Name => "hinge";

        public override Tensor Discriminator(Tensor real, Tensor fake) => (1f - real).Relu().Mean() + (1f + fake).Relu().Mean();

        public override Tensor Generator(Tensor fake) => -fake.Mean();
    }

    private sealed record WassersteinLoss : GanLoss
    {
        private const float Weight = 10;

        public override string Name => "wgan-gp";

        public override int DiscriminatorSteps => 5;

        public override bool AllowsBatchNormalization => false;

        public override float LearningRate => 1e-4f;

        public override (float First, float Second) Betas => (0, 0.9f);

        public override Tensor Discriminator(Tensor real, Tensor fake) => fake.Mean() - real.Mean();

        public override Tensor Generator(Tensor fake) => -fake.Mean();

        // Between each real image and a made one, the critic's slope shall be 1. The root is kept from zero: its own slope is infinite there.
        public override Tensor Penalty(Func<Tensor, Tensor> critic, Tensor real, Tensor fake)
        {
            var n = real.Shape[0];
            var share = real.Graph.RandomUniform((n, 1, 1, 1));
            var between = real * share + fake.StopGradient() * (1f - share);
            var slope = Grad.Of(critic(between).Sum(), between).Reshape((n, between.Shape.Count / n));
            var norm = (slope.SumSquares([-1]) + 1e-12f).Sqrt();
            return (norm - 1f).Square().Mean() * Weight;
        }
    }
}
