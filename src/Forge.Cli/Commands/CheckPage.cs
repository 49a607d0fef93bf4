using System.Globalization;
using System.Net;
using System.Text;
using Forge.Vulkan;
using Forge.Vulkan.Checking;

namespace Forge.Cli.Commands;

/// <summary>What <c>forge check</c> found as one HTML file that needs nothing else: no network, no scripts.</summary>
/// <param name="devices">The devices and their rows.</param>
/// <param name="derivatives">The rows of the host's part.</param>
/// <param name="scope">What was checked.</param>
/// <param name="at">When it began.</param>
/// <param name="took">How long it took.</param>
internal sealed class CheckPage(IReadOnlyList<CheckedDevice> devices, IReadOnlyList<DerivativeRow> derivatives, CheckScope scope, DateTime at, TimeSpan took)
{
    private readonly StringBuilder _html = new();

    private IEnumerable<(CheckedDevice Device, CheckRow Row)> Failed => devices.SelectMany(d => d.Rows.Where(r => r.Failure is not null).Select(r => (d, r)));

    /// <summary>Writes the file.</summary>
    public static void Write(string file, IReadOnlyList<CheckedDevice> devices, IReadOnlyList<DerivativeRow> derivatives, CheckScope scope, DateTime at, TimeSpan took) =>
        File.WriteAllText(file, new CheckPage(devices, derivatives, scope, at, took).Text());

    private string Text()
    {
        Add($"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>forge check</title>\n<style>\n{CheckPageStyle.Sheet}</style>\n</head>\n<body>\n<main>\n");
        Head();
        Failures();
        Devices();
        Matrix();
        Details();
        Gradients();
        Add("<footer>Errors are in units of 2<sup>−24</sup> of a scale that suits the op, half an fp32 ulp at 1; how many are allowed is in <code>docs/numerics.md</code>. "
            + "A result counts as exact where it must be: copies, integers, maxima.</footer>\n</main>\n</body>\n</html>\n");
        return _html.ToString();
    }

    private void Head()
    {
        var failures = Failed.Count() + derivatives.Count(d => d.Problem is not null);
        Add($"<header><h1>forge check</h1><span class=\"badge {(failures == 0 ? "good" : "bad")}\">{(failures == 0 ? "all right" : failures == 1 ? "1 failure" : $"{failures} failures")}</span></header>\n");
        Add(string.Create(CultureInfo.InvariantCulture, $"<p class=\"muted\">{at:yyyy-MM-dd HH:mm} UTC · {took.TotalSeconds:0} s · {scope.Trials} cases an op, seed {scope.Seed}</p>\n<div class=\"cards\">"));
        Card("op", "ops", devices.SelectMany(d => d.Rows.Select(r => r.Op)).Concat(derivatives.Select(d => d.Op)).Distinct().Count());
        Card("device", "devices", devices.Count);
        Card("variant", "variants", devices.Sum(d => d.Variants));
        Card("case on devices", "cases on devices", devices.Sum(d => d.Rows.Sum(r => r.Cases)));
        Card("gradient on the host", "gradients on the host", derivatives.Sum(d => d.Cases));
        Add("</div>\n");
    }

    private void Card(string one, string many, int count) => Add(string.Create(CultureInfo.InvariantCulture, $"<div class=\"card\"><b>{count:N0}</b><span>{(count == 1 ? one : many)}</span></div>"));

    private void Failures()
    {
        if (!Failed.Any() && derivatives.All(d => d.Problem is null)) return;
        Add("<h2>Failures</h2>\n");
        foreach (var (device, row) in Failed)
        {
            var (answer, verdict) = (row.Failure!.Answer, row.Failure.Answer.Verdict.ToString().ToLowerInvariant());
            Failure($"{row.Op} · {row.Variant}{(row.Under is null ? "" : $" · {CheckSettings.Words(row.Under)}")}", verdict, $"{device.Description.Index}: {device.Description.Name}, {Driver(device.Description)}",
                answer.Message, answer.Shapes, $"./forge check --device {device.Description.Index} {row.Replay(scope.Seed, scope.Draws)}",
                row.IsQuarantined ? "Quarantined: no plan on this device runs it until its shader changes." : null);
        }
        foreach (var row in derivatives.Where(d => d.Problem is not null))
            Failure($"{row.Op} · derivatives", "wrong", "on the host", row.Problem!, row.Shapes, $"./forge check {row.Replay(scope.Seed)} --under derivatives", null);
    }

    private void Failure(string title, string verdict, string where, string message, string shapes, string replay, string? note)
    {
        Add($"<section class=\"failure\"><h3>{Safe(title)} <span class=\"badge bad\">{verdict}</span></h3><p class=\"muted\">{Safe(where)}</p><p>{Safe(message)}</p>");
        if (shapes.Length > 0) Add($"<p>Smallest case: <code>{Safe(shapes)}</code></p>");
        Add($"<pre>{Safe(replay)}</pre>");
        if (note is not null) Add($"<p class=\"muted\">{note}</p>");
        Add("</section>\n");
    }

    private void Devices()
    {
        if (devices.Count == 0) return;
        Add("<h2>Devices</h2>\n<div class=\"devices\">\n");
        foreach (var (d, limits, _) in devices)
        {
            Add($"<section class=\"device\"><h3>{d.Index}: {Safe(d.Name)}</h3>\n<dl>");
            Pair("type", d.IsSoftware ? "software driver: runs on the processor" : $"{d.Kind.ToString().ToLowerInvariant()} GPU");
            Pair("driver", Driver(d));
            Pair("Vulkan", d.ApiVersion.ToString());
            Pair("memory", string.Create(CultureInfo.InvariantCulture, $"{d.MemoryBytes / (double)(1L << 30):0.0} GiB"));
            Pair("vendor, device", string.Create(CultureInfo.InvariantCulture, $"0x{d.VendorId:x4}, 0x{d.DeviceId:x4}; driver {d.DriverVersion:x}"));
            Pair("buffers", limits.Mode.ToString().ToLowerInvariant());
            Add("</dl>\n<p class=\"chips\">");
            foreach (var (name, present) in DevicesCommand.Features(limits)) Add($"<span class=\"chip {(present ? "yes" : "no")}\">{name}</span>");
            Add("</p>\n<details><summary>limits</summary><dl>");
            Pair("workgroup", $"{limits.MaxWorkgroupInvocations} invocations, {limits.MaxWorkgroupX} x {limits.MaxWorkgroupY} x {limits.MaxWorkgroupZ}");
            Pair("shared memory", $"{limits.SharedMemoryBytes} bytes");
            Pair("subgroup", limits.MinSubgroupSize == limits.MaxSubgroupSize ? $"{limits.SubgroupSize}" : $"{limits.SubgroupSize} ({limits.MinSubgroupSize} to {limits.MaxSubgroupSize})");
            Pair("push constants", $"{limits.MaxPushConstantBytes} bytes");
            Pair("a binding", $"{limits.MaxStorageBufferRange} bytes");
            Pair("a buffer", $"{limits.MaxBufferBytes} bytes");
            Pair("an allocation", $"{limits.MaxAllocationBytes} bytes");
            Pair("offsets", $"multiples of {limits.StorageOffsetAlignment} bytes");
            Pair("matrices", limits.Matrices.Count == 0 ? "none" : string.Join(", ", limits.Matrices));
            Add("</dl></details></section>\n");
        }
        Add("</div>\n");
    }

    private void Pair(string name, string value) => Add($"<dt>{name}</dt><dd>{Safe(value)}</dd>");

    // The worst of each op on each device, as a bar: full is all that is allowed.
    private void Matrix()
    {
        if (devices.Count == 0) return;
        Add("<h2>Worst error by what is allowed</h2>\n<div class=\"wide\"><table><thead><tr><th>op</th>");
        foreach (var device in devices) Add($"<th>{device.Description.Index}: {Safe(device.Description.DriverName)}</th>");
        Add("</tr></thead>\n<tbody>\n");
        foreach (var op in devices.SelectMany(d => d.Rows.Select(r => r.Op)).Distinct().Order(StringComparer.Ordinal))
        {
            Add($"<tr><td><a href=\"#{op}\">{op}</a></td>");
            foreach (var device in devices) Add(device.Rows.Where(r => r.Op == op).MaxBy(r => r.OfAllowed) is { } worst ? $"<td>{Bar(worst)}</td>" : "<td class=\"muted\">no kernel</td>");
            Add("</tr>\n");
        }
        Add("</tbody></table></div>\n");
    }

    private static string Bar(CheckRow row)
    {
        var share = Math.Clamp(row.OfAllowed, 0, 1);
        return string.Create(CultureInfo.InvariantCulture,
            $"<span class=\"bar {(row.Failure is not null ? "bad" : share > 0.5 ? "near" : "good")}\" style=\"--share:{100 * share:0.#}%\"></span> {CheckReport.Share(row)}");
    }

    private void Details()
    {
        if (devices.Count == 0) return;
        Add("<h2>Each variant</h2>\n");
        foreach (var op in devices.SelectMany(d => d.Rows).GroupBy(r => r.Op).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var failures = op.Count(r => r.Failure is not null);
            Add($"<details id=\"{op.Key}\"{(failures > 0 ? " open" : "")}><summary><b>{op.Key}</b> <span class=\"muted\">{string.Join(", ", op.Where(r => r.Under is null).Select(r => r.Variant).Distinct())}; {op.Sum(r => r.Cases)} cases</span>"
                + $"{(failures > 0 ? $" <span class=\"badge bad\">{failures} failed</span>" : "")}</summary>\n<div class=\"wide\"><table><thead><tr><th>device</th><th>variant</th><th>under</th><th class=\"n\">cases</th><th>worst</th><th class=\"n\">whole</th><th>met at</th><th>to see it again: forge check …</th></tr></thead><tbody>\n");
            foreach (var (device, row) in devices.SelectMany(d => d.Rows.Where(r => r.Op == op.Key).Select(r => (d, r))))
            {
                var worst = row.Failure?.Answer ?? row.Worst!;
                Add(string.Create(CultureInfo.InvariantCulture,
                    $"<tr><td>{device.Description.Index}</td><td><code>{Safe(row.Variant)}</code></td><td>{(row.Under is null ? "<span class=\"muted\">as it is</span>" : Safe(row.Under))}</td><td class=\"n\">{row.Cases}</td><td>{Bar(row)}</td><td class=\"n\">{worst.Normalised:0.00}</td><td><code>{Safe(worst.Shapes)}</code></td><td><code>{Safe(row.Replay(scope.Seed, scope.Draws))}</code></td></tr>\n"));
            }
            Add("</tbody></table></div></details>\n");
        }
    }

    private void Gradients()
    {
        if (derivatives.Count == 0) return;
        Add("<h2>Derivatives of the references</h2>\n<p class=\"muted\">Largest gaps, relative: the VJP against central differences, against its adjoint, and the second derivatives. Ops that come after differentiation have none.</p>\n"
            + "<div class=\"wide\"><table><thead><tr><th>op</th><th class=\"n\">cases</th><th class=\"n\">VJP</th><th class=\"n\">adjoint</th><th class=\"n\">second</th><th></th></tr></thead><tbody>\n");
        foreach (var row in derivatives.Where(d => d.Worst is not null))
            Add(string.Create(CultureInfo.InvariantCulture, $"<tr><td>{row.Op}</td><td class=\"n\">{row.Cases}</td><td class=\"n\">{row.Worst!.Vjp:0.0e+0}</td><td class=\"n\">{row.Worst.Adjoint:0.0e+0}</td><td class=\"n\">{row.Worst.OfSecond:0.0e+0}</td>")
                + $"<td>{(row.Problem is null ? "<span class=\"badge good\">right</span>" : "<span class=\"badge bad\">wrong</span>")}</td></tr>\n");
        Add("</tbody></table></div>\n");
    }

    private void Add(string html) => _html.Append(html);

    private static string Driver(DeviceDescription device) => $"{device.DriverName} {device.DriverDetail}".TrimEnd();

    private static string Safe(string text) => WebUtility.HtmlEncode(text);
}
