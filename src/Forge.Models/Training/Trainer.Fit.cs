using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;

namespace Forge.Models.Training;

public sealed partial class Trainer
{
    /// <summary>Trains for some epochs.</summary>
    /// <param name="data">The training data; where it stands is where training goes on.</param>
    /// <param name="options">How long, what to judge on, what watches, where to resume.</param>
    /// <param name="cancellation">Stops after the current step; callbacks save first.</param>
    /// <returns>Where the fit stands at its end.</returns>
    /// <exception cref="DivergedException">A step was not finite; the message says which. Callbacks have saved the state before it.</exception>
    /// <exception cref="OperationCanceledException">The token was set. Callbacks have saved the state.</exception>
    /// <exception cref="DataException">The data could not be read. Callbacks have saved the state before that batch.</exception>
    public FitRun Fit(IBatches data, FitOptions? options = null, CancellationToken cancellation = default)
    {
        var run = new FitRun(this, data, options ?? new());
        if (run.Options.Resume is { } saved) run.Restore(saved);
        var end = FitEnd.Failed;
        ExceptionDispatchInfo? problemAtEnd;
        try
        {
            Tell(run, c => c.OnTrainBegin(run));
            while (run.Epoch < run.Options.Epochs && run.StopReason is null) FitEpoch(run, data, cancellation);
            end = run.StopReason is null ? FitEnd.Completed : FitEnd.Stopped;
        }
        catch (DivergedException problem)
        {
            end = FitEnd.Diverged;
            throw new DivergedException($"Epoch {run.Epoch + 1}, step {run.StepInEpoch + 1}: {problem.Message}", problem.Node);
        }
        catch (OperationCanceledException)
        {
            end = FitEnd.Cancelled;
            throw;
        }
        catch (DataException) when (!run.IsTelling)
        {
            end = FitEnd.BadData;
            throw;
        }
        finally
        {
            problemAtEnd = TellEnd(run, end);
        }
        problemAtEnd?.Throw(); // not reached where the fit itself threw: that says more
        return run;
    }

    /// <summary>Trains on inputs and targets in memory, in an order drawn anew each epoch.</summary>
    /// <param name="x">Inputs (n, ...).</param>
    /// <param name="y">Targets (n, ...).</param>
    /// <param name="batchSize">Examples a step.</param>
    /// <param name="options">How long, what to judge on, what watches.</param>
    /// <param name="cancellation">Stops after the current step.</param>
    public FitRun Fit(HostTensor x, HostTensor y, int batchSize = 32, FitOptions? options = null, CancellationToken cancellation = default)
    {
        using var data = new TensorBatches(x, y, batchSize, seed: Engine.Options.Seed);
        return Fit(data, options, cancellation);
    }

    /// <summary>Replaces the model's weights and statistics by a checkpoint's.</summary>
    /// <param name="saved">The checkpoint.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public void LoadWeights(Checkpoint saved, string path)
    {
        saved.RequireWeights(Model.Parameters.Select(p => KeyValuePair.Create(p.Name, p.Type)), path);
        foreach (var parameter in Model.Parameters) Engine.State.Write(parameter, saved.Weights[parameter.Name]);
    }

    private void FitEpoch(FitRun run, IBatches data, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        Tell(run, c => c.OnEpochBegin(run));
        while (run.StepInEpoch < run.StepsPerEpoch && run.StopReason is null)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = data.NextBatch(cancellation);
            double loss;
            try
            {
                loss = TrainOnBatch(batch, run.Means);
            }
            catch
            {
                data.Position = batch.Position; // the step changed nothing: what is saved now stands before this batch
                throw;
            }
            run.StepInEpoch++;
            if (run.NewWarning() is { } warning) Tell(run, c => c.OnWarning(run, warning));
            Tell(run, c => c.OnBatchEnd(run, loss));
        }
        if (run.StepInEpoch < run.StepsPerEpoch) return; // stopped inside the epoch, which a resume finishes
        var rate = Shortest((float)Optimizer.Rate);
        List<KeyValuePair<string, double>> values = [.. run.Means.Means()];
        if (run.Options.Validation is { } validation)
            values.AddRange(Validate(validation, data, run.Options.ValidationSteps, cancellation).Values.Select(v => KeyValuePair.Create($"val_{v.Key}", v.Value)));
        var log = new EpochLog(run.Epoch, values, clock.Elapsed.TotalSeconds, rate);
        (run.Epoch, run.StepInEpoch) = (run.Epoch + 1, 0);
        run.Means.Clear();
        run.Logs.Add(log);
        Tell(run, c => c.OnEpochEnd(run, log));
    }

    // The device gets the rate in f32: a log with more digits than that has would say 0.0010000000474974513.
    private static double Shortest(float number) => double.Parse(number.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // Every epoch is judged on the same batches, so a resumed fit is too: where validation data stand is in no checkpoint.
    private Evaluation Validate(IBatches validation, IBatches data, int? steps, CancellationToken cancellation)
    {
        var training = data.Position;
        try
        {
            if (validation.Position != default) validation.Position = default;
            return Evaluate(validation, steps, cancellation);
        }
        finally
        {
            if (ReferenceEquals(validation, data)) data.Position = training;
        }
    }

    // Checkpoints first: what they save is what was trained, before another callback puts the best weights back. One that throws keeps
    // none of the others from their end.
    private static ExceptionDispatchInfo? TellEnd(FitRun run, FitEnd end)
    {
        ExceptionDispatchInfo? first = null;
        foreach (var callback in run.Callbacks.OrderBy(c => c is not SaveCheckpoints))
        {
            try
            {
                callback.OnTrainEnd(run, end);
            }
            catch (Exception problem)
            {
                first ??= ExceptionDispatchInfo.Capture(problem);
            }
        }
        return first;
    }

    private static void Tell(FitRun run, Action<Callback> what)
    {
        run.IsTelling = true; // stays so where a callback throws: the failure is then not the data's
        foreach (var callback in run.Callbacks) what(callback);
        run.IsTelling = false;
    }
}
