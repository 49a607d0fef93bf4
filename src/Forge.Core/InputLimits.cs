using System.Globalization;

namespace Forge.Core;

/// <summary>How much of a stranger's file is read before it is refused. FORGE_LIMITS changes them: names and numbers, such as <c>image-pixels=100000000,frames=20000</c>.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record InputLimits
{
    /// <summary>The switch that changes them.</summary>
    public const string Switch = "FORGE_LIMITS";

    // Counts are kept in 32 bits; bytes and pixels as far as a double keeps whole numbers apart; a timer takes 49 days.
    private const long MostCount = int.MaxValue / 2, MostBytes = 1L << 53, MostSeconds = 4_000_000;

    private static readonly Dictionary<string, (long Most, Func<InputLimits, double, InputLimits> With)> s_byName = new()
    {
        ["image-bytes"] = (MostBytes, (l, v) => l with { ImageBytes = (long)v }),
        ["image-pixels"] = (MostBytes, (l, v) => l with { ImagePixels = (long)v }),
        ["frames"] = (MostCount, (l, v) => l with { Frames = (int)v }),
        ["animation-pixels"] = (MostBytes, (l, v) => l with { AnimationPixels = (long)v }),
        ["video-seconds"] = (MostSeconds, (l, v) => l with { VideoSeconds = v }),
        ["video-bytes"] = (MostBytes, (l, v) => l with { VideoBytes = (long)v }),
        ["video-memory"] = (MostBytes, (l, v) => l with { VideoMemory = (long)v }),
        ["idx-bytes"] = (MostBytes, (l, v) => l with { IdxBytes = (long)v }),
        ["header-bytes"] = (MostBytes, (l, v) => l with { HeaderBytes = (long)v }),
        ["text-bytes"] = (MostBytes, (l, v) => l with { TextBytes = (long)v }),
        ["cache-bytes"] = (MostBytes, (l, v) => l with { CacheBytes = (long)v }),
        ["glsl-characters"] = (MostCount, (l, v) => l with { GlslCharacters = (int)v }),
        ["glsl-files"] = (MostCount, (l, v) => l with { GlslFiles = (int)v }),
    };

    private static Tuple<string?, InputLimits> s_current = new(null, new());

    /// <summary>Every limit by the name that FORGE_LIMITS knows it by.</summary>
    public static IReadOnlyCollection<string> Names => s_byName.Keys;

    /// <summary>The limits that FORGE_LIMITS says, and the usual ones where it says nothing.</summary>
    /// <exception cref="ForgeException">It is not what <see cref="Parse"/> takes.</exception>
    public static InputLimits Current
    {
        get
        {
            var (text, limits) = s_current;
            var now = Environment.GetEnvironmentVariable(Switch);
            if (text == now) return limits;
            limits = Parse(now ?? "");
            s_current = new(now, limits);
            return limits;
        }
    }

    /// <summary>The largest image file, in bytes.</summary>
    public long ImageBytes { get; init; } = 64L << 20;

    /// <summary>The largest image, and the largest frame of a video, in pixels.</summary>
    public long ImagePixels { get; init; } = 64_000_000;

    /// <summary>The most frames of an animation or a video.</summary>
    public int Frames { get; init; } = 10_000;

    /// <summary>The most pixels that an animation's frames have together.</summary>
    public long AnimationPixels { get; init; } = 4_000_000_000;

    /// <summary>How long ffmpeg may read a video, in seconds.</summary>
    public double VideoSeconds { get; init; } = 60;

    /// <summary>The most bytes of a video's resized frames.</summary>
    public long VideoBytes { get; init; } = 512L << 20;

    /// <summary>The most memory that ffmpeg may ask for, in bytes.</summary>
    public long VideoMemory { get; init; } = 4L << 30;

    /// <summary>The largest array of an IDX file, in bytes.</summary>
    public long IdxBytes { get; init; } = 1L << 30;

    /// <summary>The largest header of a safetensors file, in bytes; the format's own limit.</summary>
    public long HeaderBytes { get; init; } = 100_000_000;

    /// <summary>The largest text file (settings, logs, histories), in bytes.</summary>
    public long TextBytes { get; init; } = 64L << 20;

    /// <summary>The largest file of a cache, and the largest pack of shaders, in bytes.</summary>
    public long CacheBytes { get; init; } = 1L << 30;

    /// <summary>The longest GLSL of a kernel and of each file that it includes, in characters.</summary>
    public int GlslCharacters { get; init; } = 1 << 18;

    /// <summary>The most files that a kernel includes, directly or not.</summary>
    public int GlslFiles { get; init; } = 100;

    /// <summary>Reads names and numbers.</summary>
    /// <param name="text">Such as <c>frames=20000,video-seconds=300</c>; nothing for the usual limits.</param>
    /// <exception cref="ForgeException">A name is unknown, or a number is not above 0 or too large.</exception>
    public static InputLimits Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var limits = new InputLimits();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (name, number) = part.Split('=') is [var left, var right] ? (left.Trim(), right.Trim()) : (part, "");
            if (!s_byName.TryGetValue(name, out var limit))
                throw new ForgeException($"{Switch} has '{ForeignText.Shown(part)}'; it takes a name, =, and a number of {string.Join(", ", s_byName.Keys)}, with commas between.");
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || !(value > 0))
                throw new ForgeException($"{Switch} has '{ForeignText.Shown(part)}', but a limit is a number above 0.");
            if (value < 1 || value > limit.Most) throw new ForgeException($"{Switch} has '{ForeignText.Shown(part)}', but {name} is from 1 to {limit.Most}.");
            limits = limit.With(limits, value);
        }
        return limits;
    }
}
