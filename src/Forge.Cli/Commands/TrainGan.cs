using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Training;

namespace Forge.Cli.Commands;

/// <summary><c>forge train gan</c>: device, data, plan, steps with sample grids, an animation.</summary>
internal static class TrainGan
{
    public static int Run(Invocation invocation)
    {
        var (report, resumes) = (invocation.Report, invocation.Get(TrainOptions.Resume));
        var wanted = invocation.Get(Options.Out);
        var folder = resumes ? RunFolder.ToResume(wanted, GanSettings.Name) : RunFolder.ForNewRun(wanted, GanSettings.Name);
        var told = resumes ? GanSettings.Load(folder) : null;
        if (resumes && told is null) throw new CheckpointException($"{RunSettings.PathIn(folder)} is missing, which says how the run was told to train. Begin anew without --resume.");
        var settings = GanOptions.Settings(invocation, told);
        var saved = resumes ? RunFolder.Newest(folder) : null;
        if (saved is not null && DcGanConfig.FromJson(saved.ModelConfig) is null)
            throw new CheckpointException($"{folder}: a checkpoint of another model than a DCGAN. Name a run of forge train gan with --out.");

        using var run = OpenedRun.Open(invocation, settings.Seed, log => settings.DataOptions(log, invocation.Get(TrainOptions.Workers)));
        var data = run.Data;
        saved?.RequireInput(data.Training.ImageShape, folder);
        if (settings.Classes) saved?.RequireClasses(data.Training.ClassNames, folder);
        if (data.Training.Count < settings.Batch)
            throw new DataException($"{settings.Data}: {data.Training.Count} images, but a step takes {settings.Batch}. Add images, or use a smaller --batch.");
        if (saved is not null) run.Engine.UseVariants(saved.VariantLines); // before anything is planned
        using var trainer = Plan(report, run.Engine, data, settings);
        if (invocation.Get(TrainOptions.DryRun)) return ExitCode.Success;

        if (!resumes && wanted is null) folder = RunFolder.Claim(folder);
        settings.Save(folder);
        return Fit(invocation, trainer, data, settings, folder, saved);
    }

    private static GanTrainer Plan(Report report, Engine engine, LearningData data, GanSettings settings)
    {
        var shape = data.Training.ImageShape;
        var config = new DcGanConfig(shape[0], shape[2], settings.Classes ? data.Training.ClassNames.Count : 0, settings.Loss, DcGanConfig.UsualWidth(shape[0]));
        var trainer = new GanTrainer(engine, new(config), (float?)settings.LearningRate, Precision.Find(settings.Precision));
        report.Say(ModelSummary.Of(trainer.Gan.Generator));
        report.Say(ModelSummary.Of(trainer.Gan.Discriminator));
        var plan = trainer.PlanStep(settings.Batch);
        report.Say(plan.ToString());
        report.Event("gan", writer =>
        {
            writer.WriteNumber("size", config.Size);
            writer.WriteNumber("channels", config.Channels);
            writer.WriteNumber("classes", config.Classes);
            writer.WriteString("loss", config.Loss);
            writer.WriteNumber("generator_parameters", ModelSummary.Count(trainer.Gan.Generator.Parameters));
            writer.WriteNumber("discriminator_parameters", ModelSummary.Count(trainer.Gan.Discriminator.Parameters));
            writer.WriteNumber("batch", settings.Batch);
            writer.WriteString("precision", trainer.Precision.Label);
            writer.WriteNumber("images", data.Training.Count);
            writer.WriteNumber("skipped", data.Skipped);
            writer.WriteNumberOrNull("step_gflop", plan.Flops / 1e9, 3);
            writer.WriteNumber("kernels", plan.Kernels);
            writer.WriteNumber("arena_bytes", plan.ArenaBytes);
            writer.WriteNumber("peak_bytes", plan.PeakBytes);
        });
        return trainer;
    }

    private static int Fit(Invocation invocation, GanTrainer trainer, LearningData data, GanSettings settings, string folder, Checkpoint? saved)
    {
        var report = invocation.Report;
        if (saved is not null)
            report.Say(saved.Step >= settings.Steps ? $"All {saved.Step} steps are done already ({folder}). To train on, give a larger --steps." : $"Going on after step {saved.Step} ({folder}).");
        var step = saved?.Step ?? 0;
        var fit = new GanFit(trainer, data.Training, new(folder, settings.Steps)
        {
            SampleEvery = settings.SampleEvery,
            SaveEvery = invocation.Get(TrainOptions.SaveEvery),
            Resume = saved,
            Warn = Report.Warn,
            AfterStep = (done, _) => step = done,
            AfterSample = progress => Show(report, progress, settings.Steps),
        });
        try
        {
            fit.Run(invocation.Interruption.Token);
        }
        catch (OperationCanceledException) when (invocation.Interruption.Requested)
        {
            if (fit.ProblemAtEnd is { } lost) throw new CheckpointException($"Interrupted after step {step}, but its state is not saved. {lost.Message}{WayOn(fit, folder)}", lost);
            throw new InterruptedException(invocation.Interruption.ExitCode, $"Interrupted after step {step}. Everything is saved in {fit.CheckpointPath}.{WayOn(fit, folder)}");
        }
        catch (DivergedException problem)
        {
            throw new DivergedException($"{problem.Message}\n{(fit.ProblemAtEnd is { } lost ? $"The last finite state is not saved. {lost.Message}" : $"The last finite state is saved in {fit.CheckpointPath}.")}", problem.Node);
        }
        catch (CheckpointException problem)
        {
            throw new CheckpointException(problem.Message + WayOn(fit, folder), problem);
        }
        catch (DataException problem)
        {
            var state = fit.SavedAtEnd ? $"\nThe state of step {step} is saved in {fit.CheckpointPath}." : fit.ProblemAtEnd is { } lost ? $"\nThe state of step {step} is not saved. {lost.Message}" : "";
            throw new DataException(problem.Message + state + WayOn(fit, folder), problem);
        }
        foreach (var file in (string[])[fit.CheckpointPath, fit.SamplesPath, fit.AnimationPath]) report.Result($"Saved {file}");
        report.Event("done", writer =>
        {
            writer.WriteString("checkpoint", fit.CheckpointPath);
            writer.WriteNull("val_accuracy");
            writer.WriteString("last", fit.CheckpointPath);
            writer.WriteString("png", fit.SamplesPath);
            writer.WriteString("animation", fit.AnimationPath);
        });
        return ExitCode.Success;
    }

    // Nothing where there is no state to go on from.
    private static string WayOn(GanFit fit, string folder) => File.Exists(fit.CheckpointPath) ? $"\nGo on with: {RunFolder.ResumeCommand(GanSettings.Name, folder)}" : "";

    private static void Show(Report report, GanProgress progress, int steps)
    {
        report.Say(FormattableString.Invariant(
            $"Step {progress.Step}/{steps}: discriminator loss {progress.Losses.Discriminator:0.0000}, generator loss {progress.Losses.Generator:0.0000}, {progress.ImagesPerSecond:0} images/s, {progress.Grid}"));
        report.Event("sample", writer =>
        {
            writer.WriteNumber("step", progress.Step);
            writer.WriteNumberOrNull("discriminator_loss", progress.Losses.Discriminator);
            writer.WriteNumberOrNull("generator_loss", progress.Losses.Generator);
            writer.WriteNumberOrNull("images_per_second", progress.ImagesPerSecond, 1);
            writer.WriteString("png", progress.Grid);
        });
    }
}
