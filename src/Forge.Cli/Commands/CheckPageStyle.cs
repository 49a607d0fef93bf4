namespace Forge.Cli.Commands;

/// <summary>How <see cref="CheckPage"/> looks, in light and in dark.</summary>
internal static class CheckPageStyle
{
    /// <summary>The style sheet.</summary>
    public const string Sheet = """
        :root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --text: #1c2330; --muted: #667085; --line: #e1e5ea; --good: #12805c; --near: #b26b00; --bad: #c0342b; --chip: #e9f3ef; --link: #2456c4; }
        @media (prefers-color-scheme: dark) { :root { --back: #12151b; --card: #1a1f28; --text: #e4e8ee; --muted: #94a0b0; --line: #2b323e; --good: #45c79b; --near: #e2a03f; --bad: #f0776e; --chip: #1d2f2b; --link: #8ab0ff; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1180px; margin: 0 auto; padding: 32px 24px 64px; }
        header { display: flex; align-items: center; gap: 14px; }
        h1 { font-size: 28px; margin: 0; letter-spacing: -.01em; }
        h2 { font-size: 19px; margin: 36px 0 12px; }
        h3 { font-size: 16px; margin: 0 0 6px; }
        p { margin: 6px 0; }
        a { color: var(--link); text-decoration: none; }
        a:hover { text-decoration: underline; }
        .muted { color: var(--muted); }
        .badge { display: inline-block; padding: 2px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; border: 1px solid currentColor; }
        .badge.good { color: var(--good); } .badge.bad { color: var(--bad); }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 18px 0 0; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
        .card b { display: block; font-size: 24px; line-height: 1.2; font-variant-numeric: tabular-nums; } .card span { color: var(--muted); font-size: 13px; }
        .devices { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 14px; }
        .device, .failure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
        .failure { border-left: 4px solid var(--bad); margin-bottom: 12px; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 6px 0; font-size: 14px; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
        .chips { display: flex; flex-wrap: wrap; gap: 5px; margin: 10px 0 6px; }
        .chip { font-size: 12px; padding: 1px 8px; border-radius: 99px; background: var(--chip); color: var(--good); }
        .chip.no { background: none; color: var(--muted); text-decoration: line-through; }
        .wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: 5px 12px; border-bottom: 1px solid var(--line); white-space: nowrap; }
        tbody tr:last-child td { border-bottom: 0; }
        tbody tr:hover td { background: color-mix(in srgb, var(--link) 6%, transparent); }
        th { color: var(--muted); font-weight: 600; font-size: 12.5px; }
        .n { text-align: right; }
        .bar { display: inline-block; width: 96px; height: 8px; border-radius: 4px; margin-right: 8px; vertical-align: 1px; background: linear-gradient(to right, var(--tint) var(--share), var(--line) 0); }
        .bar.good { --tint: var(--good); } .bar.near { --tint: var(--near); } .bar.bad { --tint: var(--bad); }
        code, pre { font-family: ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
        pre { background: var(--back); border: 1px solid var(--line); border-radius: 8px; padding: 8px 12px; margin: 8px 0; overflow-x: auto; }
        details { margin: 6px 0; } details > .wide { margin: 8px 0 14px; } summary { cursor: pointer; padding: 2px 0; }
        footer { margin-top: 36px; color: var(--muted); font-size: 13px; }
        @media print { body { background: #fff; } .wide { overflow: visible; } }

        """;
}
