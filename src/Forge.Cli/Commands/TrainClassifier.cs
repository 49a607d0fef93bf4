using Forge.Core;
using Forge.Models;
using Forge.Models.Checkpoints;
using Forge.Models.Cnn;
using Forge.Models.Datasets;
using Forge.Models.Metrics;
using Forge.Models.Optimizers;
using Forge.Models.Reports;
using Forge.Models.Training;

namespace Forge.Cli.Commands;

/// <summary><c>forge train cnn</c>, <c>forge train rnn</c> and <c>forge train video</c>: device, data, summary and plan, epochs, report.</summary>
internal static class TrainClassifier
{
    /// <summary>Trains.</summary>
    /// <param name="invocation">The command line.</param>
    /// <param name="model">cnn, rnn or video.</param>
    public static int Run(Invocation invocation, string model)
    {
        var (report, resumes) = (invocation.Report, invocation.Get(TrainOptions.Resume));
        var wanted = invocation.Get(Options.Out);
        var folder = resumes ? RunFolder.ToResume(wanted, model) : RunFolder.ForNewRun(wanted, model);
        var told = resumes ? TrainSettings.Load(folder) : null;
        if (resumes && told is null && (invocation.Get(TrainOptions.Data) ?? invocation.Get(TrainOptions.Clips)) is null)
            throw new CheckpointException($"{RunSettings.PathIn(folder)} is missing, which says how the run was told to train. Name --data again, and --size, --batch, --augment, --val and --seed where they were given.");
        if (told is not null && told.Model != model)
            throw new CheckpointException($"{folder}: a run of forge train {told.Model}, not of forge train {model}. Go on with: {RunFolder.ResumeCommand(told.Model, folder)}");
        var settings = TrainOptions.Settings(invocation, told, model);
        var saved = resumes ? RunFolder.Newest(folder) : null;
        if (saved is not null && saved.ModelConfig != settings.Design.ModelConfig)
            throw new CheckpointException($"{folder}: its checkpoint is of another model than this run trains ({settings.Design.ModelConfig}). Go on with the command it was begun with, or begin a new run.");

        using var run = OpenedRun.Open(invocation, settings.Seed, log => settings.DataOptions(log, invocation.Get(TrainOptions.Workers)));
        var data = run.Data;
        saved?.RequireInput(data.Training.ImageShape, folder);
        saved?.RequireClasses(data.Training.ClassNames, folder);
        if (saved is not null) run.Engine.UseVariants(saved.VariantLines); // before anything is planned
        var trainer = Plan(report, run.Engine, data, settings);
        if (invocation.Get(TrainOptions.DryRun)) return ExitCode.Success;

        if (!resumes && wanted is null) folder = RunFolder.Claim(folder);
        settings.Save(folder);
        return Fit(invocation, trainer, data, settings, folder, saved);
    }

    private static Trainer Plan(Report report, Engine engine, LearningData data, TrainSettings settings)
    {
        try
        {
            var model = settings.Design.Build(data.Training.ImageShape, data.Training.ClassNames.Count);
            var trainer = new Trainer(engine, model, new Adam((float)settings.LearningRate), Losses.CategoricalCrossentropy, [BatchMetric.Accuracy], precision: Precision.Find(settings.Precision));
            ShowPlan(report, trainer, data, settings);
            return trainer;
        }
        catch (ShapeException problem)
        {
            // The options were checked, so a shape can only be too large for any device.
            throw new MemoryException($"{problem.Message} The model of {string.Join('x', data.Training.ImageShape.Extents.ToArray())} {(settings.Design.InputRank == 4 ? "clips" : "images")} is too large: use a smaller {settings.Design.SizeOptions}.", problem);
        }
    }

    private static void ShowPlan(Report report, Trainer trainer, LearningData data, TrainSettings settings)
    {
        var (images, classes) = (data.Training.ImageShape, data.Training.ClassNames.Count);
        var batch = Math.Min(data.Training.BatchSize, data.Training.Count);
        var x = new TensorType(DType.U8, new Shape([batch, .. images.Extents]));
        var y = new TensorType(DType.F32, (batch, classes));
        report.Say(ModelSummary.Of(trainer.Model));
        var plan = trainer.PlanStep(x, y, data.Warp);
        report.Say(plan.ToString());
        if (trainer.Precision != Precision.Strict32) report.Say($"Precision {trainer.Precision}: products and convolutions multiply {trainer.Precision.Operand!.Value.Label()}, sums and weights are f32.");
        report.Event("model", writer =>
        {
            writer.WriteString("model", settings.Model);
            writer.WriteStartArray("input");
            foreach (var extent in images.Extents) writer.WriteNumberValue(extent);
            writer.WriteEndArray();
            writer.WriteStartArray("classes");
            foreach (var name in data.Training.ClassNames) writer.WriteStringValue(name);
            writer.WriteEndArray();
            writer.WriteNumber("parameters", ModelSummary.Count(trainer.Model.Parameters));
            writer.WriteNumber("batch", batch);
            writer.WriteString("precision", trainer.Precision.Label);
            writer.WriteNumber("images", data.Training.Count);
            writer.WriteNumber("val_images", data.Validation?.Count ?? 0);
            writer.WriteNumber("skipped", data.Skipped);
            writer.WriteNumberOrNull("step_gflop", plan.Flops / 1e9, 3);
            writer.WriteNumber("kernels", plan.Kernels);
            writer.WriteNumber("arena_bytes", plan.ArenaBytes);
            writer.WriteNumber("peak_bytes", plan.PeakBytes);
        });
    }

    private static int Fit(Invocation invocation, Trainer trainer, LearningData data, TrainSettings settings, string folder, Checkpoint? saved)
    {
        var report = invocation.Report;
        var checkpoints = new SaveCheckpoints(folder, every: invocation.Get(TrainOptions.SaveEvery));
        var events = new EpochEvents(report);
        if (saved is not null)
            report.Say(saved.Epoch >= settings.Epochs
                ? $"All {saved.Epoch} epochs are done already ({folder}). To train on, give a larger --epochs."
                : $"Going on after epoch {saved.Epoch}, step {saved.StepInEpoch} of the next ({folder}).");
        try
        {
            trainer.Fit(data.Training, new()
            {
                Epochs = settings.Epochs,
                StepsPerEpoch = settings.StepsPerEpoch,
                Validation = data.Validation,
                Callbacks = [Progress(report), new WriteCsv(Path.Combine(folder, "log.csv")), new WriteJson(LogPath(folder)), events, checkpoints],
                Resume = saved,
                ModelConfig = settings.Design.ModelConfig,
            }, invocation.Interruption.Token);
        }
        catch (OperationCanceledException) when (invocation.Interruption.Requested)
        {
            var place = $"Interrupted in epoch {events.Epoch} after {events.Step} of its steps";
            if (checkpoints.ProblemAtEnd is { } lost) throw new CheckpointException($"{place}, but its state is not saved. {lost.Message}{WayOn(checkpoints, settings.Model, folder)}", lost);
            throw new InterruptedException(invocation.Interruption.ExitCode, $"{place}. Everything is saved in {checkpoints.LastPath}.{WayOn(checkpoints, settings.Model, folder)}");
        }
        catch (DivergedException problem)
        {
            var state = checkpoints.ProblemAtEnd is { } lost ? $"The last finite state is not saved. {lost.Message}" : $"The last finite state is saved in {checkpoints.LastPath}.";
            throw new DivergedException($"{problem.Message}\n{state}", problem.Node);
        }
        catch (DataException problem)
        {
            // Not a filter: those run before the fit's end was told, and so before anything was saved.
            if (checkpoints.SavedAtEnd) throw new DataException($"{problem.Message}\nThe state before it is saved in {checkpoints.LastPath}.{WayOn(checkpoints, settings.Model, folder)}", problem);
            if (checkpoints.ProblemAtEnd is { } lost) throw new DataException($"{problem.Message}\nThe state before it is not saved. {lost.Message}{WayOn(checkpoints, settings.Model, folder)}", problem);
            if (problem is CheckpointException) throw new CheckpointException(problem.Message + WayOn(checkpoints, settings.Model, folder), problem);
            throw;
        }
        return Finish(invocation, trainer, data, folder, checkpoints);
    }

    private static int Finish(Invocation invocation, Trainer trainer, LearningData data, string folder, SaveCheckpoints checkpoints)
    {
        var report = invocation.Report;
        // The report is about the weights that --resume and evaluate take for the best, not those of the last epoch.
        trainer.LoadWeights(Checkpoint.Load(checkpoints.BestPath), checkpoints.BestPath);
        double? accuracy = null;
        if (data.Validation is { } validation)
        {
            var (matrix, _) = SavedClassifier.Evaluate(trainer, validation, cancellation: invocation.Interruption.Token);
            var scores = ClassificationReport.From(matrix);
            accuracy = scores.Accuracy;
            report.Say($"\nValidation of the best epoch:\n{scores}");
            Evaluated.WriteEvent(report, "validation", matrix, scores, null);
        }
        var picture = Curves(invocation, folder);
        report.Result($"Saved {checkpoints.BestPath}" + (accuracy is { } a ? FormattableString.Invariant($", validation accuracy {a:0.0000}") : ""));
        if (picture is not null) report.Result($"Saved {picture}");
        report.Event("done", writer =>
        {
            writer.WriteString("checkpoint", checkpoints.BestPath);
            writer.WriteNumberOrNull("val_accuracy", accuracy);
            writer.WriteString("last", checkpoints.LastPath);
            if (picture is not null) writer.WriteString("png", picture);
        });
        return ExitCode.Success;
    }

    // Of all epochs, those before a resume included.
    private static string? Curves(Invocation invocation, string folder)
    {
        if (invocation.Parsed.GetResult(TrainOptions.Png) is null) return null;
        var path = invocation.Get(TrainOptions.Png) ?? Path.Combine(folder, "curves.png");
        var shown = EpochHistory.Read(LogPath(folder)).Where(h => h.Key is not ("seconds" or "learning_rate")).ToDictionary();
        LearningCurves.Save(shown, path);
        return path;
    }

    private static string LogPath(string folder) => Path.Combine(folder, "log.jsonl");

    private static ShowProgress Progress(Report report)
    {
        var style = report.Quiet ? ProgressStyle.Silent : report.OnTerminal ? ProgressStyle.Terminal : ProgressStyle.Plain;
        return new(new ProgressLine(report.People, style, columns: report.OnTerminal ? Console.WindowWidth : 0));
    }

    // Nothing where there is no state to go on from.
    private static string WayOn(SaveCheckpoints checkpoints, string model, string folder) => File.Exists(checkpoints.LastPath) ? $"\nGo on with: {RunFolder.ResumeCommand(model, folder)}" : "";
}
