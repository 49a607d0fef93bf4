using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>What a training run prints and leaves behind.</summary>
public class TrainTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public void Train_WithJson_TellsDeviceModelEpochsAndTheEnd()
    {
        var names = trained.Output.Events.Select(e => e.GetProperty("event").GetString()).ToList();
        Assert.Equal(["device", "model", "epoch", "epoch", "validation", "done"], names);
        var model = trained.Output.EventsNamed("model")[0];
        Assert.Equal([22, 22, 3], model.GetProperty("input").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal(TinyImages.Classes.Take(2), model.GetProperty("classes").EnumerateArray().Select(e => e.GetString()));
        Assert.True(model.GetProperty("peak_bytes").GetInt64() > 4 * model.GetProperty("parameters").GetInt64());
        var epochs = trained.Output.EventsNamed("epoch");
        Assert.Equal([1, 2], epochs.Select(e => e.GetProperty("epoch").GetInt32()));
        Assert.All(epochs, e => Assert.All(["loss", "accuracy", "val_loss", "val_accuracy", "seconds"], (string name) => Assert.True(double.IsFinite(e.GetProperty(name).GetDouble()), name)));
        Assert.True(epochs[1].GetProperty("loss").GetDouble() < epochs[0].GetProperty("loss").GetDouble(), "the loss falls");
        var done = trained.Output.EventsNamed("done")[0];
        Assert.True(File.Exists(done.GetProperty("checkpoint").GetString()));
        Assert.Equal(epochs.Max(e => e.GetProperty("val_accuracy").GetDouble()), done.GetProperty("val_accuracy").GetDouble(), 6);
    }

    [Fact]
    public void Train_PrintsDeviceSummaryPlanEpochsAndReportForPeople()
    {
        foreach (var words in (string[])["Device reference", "Found 10 images belonging to 2 classes.", "Total params: 110,018", "Memory:", "Epoch 2/2", "ms/step - loss: ", "val_accuracy: ", "precision", TinyImages.Classes[1], "Saved "])
            Assert.Contains(words, trained.Output.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_LeavesCheckpointsAndLogs()
    {
        var last = Checkpoint.Load(Path.Combine(trained.Folder, "last.safetensors"));
        Assert.Equal(2, last.Epoch);
        Assert.Equal(TinyImages.Classes.Take(2), last.ClassNames);
        var lines = File.ReadAllLines(Path.Combine(trained.Folder, "log.csv"));
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("epoch,loss,accuracy,val_loss,val_accuracy", lines[0], StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(trained.Folder, "log.jsonl")).Length);
    }

    [Fact]
    public void Train_WithTheSameSeed_RepeatsItsBits()
    {
        Tiny.Train(trained.Data, trained.Scratch("again"), "--epochs", "2", "--lr", "0.003").MustExit(0);
        Tiny.MustBeEqual(Checkpoint.Load(Path.Combine(trained.Folder, "last.safetensors")), Checkpoint.Load(Path.Combine(trained.Scratch("again"), "last.safetensors")));
    }

    [Fact]
    public void Train_WithAnotherSeed_DoesNot()
    {
        Tiny.Train(trained.Data, trained.Scratch("other seed"), "--epochs", "1", "--seed", "2").MustExit(0);
        var (one, two) = (Checkpoint.Load(trained.Folder), Checkpoint.Load(trained.Scratch("other seed")));
        Assert.False(one.Weights["conv2d/kernel"].Bytes.SequenceEqual(two.Weights["conv2d/kernel"].Bytes));
    }

    [Fact]
    public void DryRun_PrintsThePlan_AndWritesNothing()
    {
        var run = Tiny.Train(trained.Data, trained.Scratch("dry"), "--dry-run").MustExit(0);
        Assert.Equal(["device", "model"], run.Events.Select(e => e.GetProperty("event").GetString()));
        Assert.False(Directory.Exists(trained.Scratch("dry")));
    }

    [Fact]
    public void Quiet_LeavesDeviceAndResult()
    {
        var run = ForgeProgram.Run(["train", "cnn", "--device", "reference", "--data", trained.Data, "--size", "22", "--steps-per-epoch", "1", "--epochs", "1", "--batch", "2", "--quiet", "--out", trained.Scratch("quiet")]).MustExit(0);
        var lines = run.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("Device ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("Saved ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Augment_WithStepsPerEpoch_TakesExactlySoManyBatches()
    {
        Tiny.Train(trained.Data, trained.Scratch("augmented"), "--augment", "--epochs", "2", "--steps-per-epoch", "4", "--val", "0").MustExit(0);
        var last = Checkpoint.Load(Path.Combine(trained.Scratch("augmented"), "last.safetensors"));
        Assert.Equal(8, last.Step);
        Assert.Equal((2, 2), (last.Data.Pass, last.Data.Batch)); // 12 images: 3 batches a pass
    }

    [Fact]
    public void ValidationFolder_IsJudgedWhole()
    {
        var judged = TinyImages.Write(trained.Scratch("judged"), each: 2);
        var run = Tiny.Train(trained.Data, trained.Scratch("with folder"), "--epochs", "1", "--val", judged).MustExit(0);
        Assert.Equal(4, run.EventsNamed("validation")[0].GetProperty("images").GetInt32());
        Assert.Equal(12, run.EventsNamed("model")[0].GetProperty("images").GetInt32());
    }

    [Fact]
    public void NewRun_WithoutOut_TakesTheNextNumber()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["runs", "cnn-4"]);
        var run = ForgeProgram.Run(Tiny.Words(trained.Data, null, "--epochs", "1", "--steps-per-epoch", "1"), folder.Path).MustExit(0);
        Assert.Equal(Path.Combine("runs", "cnn-5", "best.safetensors"), run.EventsNamed("done")[0].GetProperty("checkpoint").GetString());
        Assert.True(File.Exists(folder["runs", "cnn-5", "best.safetensors"]));
    }

    [Fact]
    public void FolderThatHoldsARun_IsNotOverwritten()
    {
        var before = File.ReadAllBytes(Path.Combine(trained.Folder, "last.safetensors"));
        Tiny.Train(trained.Data, trained.Folder, "--epochs", "1").MustExit(2).MustComplain("already holds a training run", "--resume");
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(trained.Folder, "last.safetensors")));
    }

    [DriverFact]
    public void LossThatIsNotFinite_ExitsSix_AndKeepsTheLastGoodState()
    {
        // On a device: the reference's fp64 steps leave state that is too large for f32.
        var run = ForgeProgram.Run("train", "cnn", "--data", trained.Data, "--size", "22", "--batch", "4", "--epochs", "9", "--lr", "1e30", "--json", "--out", trained.Scratch("diverged"));
        run.MustExit(6).MustComplain("not finite", "Epoch ", ", step ", "Lower the learning rate", "last.safetensors");
        Assert.Equal(6, run.EventsNamed("error")[0].GetProperty("exit_code").GetInt32());
        Assert.True(Tiny.IsFinite(Checkpoint.Load(Path.Combine(trained.Scratch("diverged"), "last.safetensors"))));
    }
}
