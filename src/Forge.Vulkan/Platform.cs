using System.Runtime.InteropServices;

namespace Forge.Vulkan;

/// <summary>Everything that differs between operating systems: library names, cache folders, what to install.</summary>
internal static class Platform
{
    /// <summary>Names of the Vulkan loader, best first. <c>FORGE_VULKAN_LOADER</c> replaces them all.</summary>
    public static IReadOnlyList<string> LoaderNames => Names("FORGE_VULKAN_LOADER",
        windows: ["vulkan-1.dll"],
        mac: ["libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib", "/opt/homebrew/lib/libvulkan.1.dylib", "/usr/local/lib/libvulkan.1.dylib"],
        linux: ["libvulkan.so.1", "libvulkan.so"]);

    /// <summary>Names of the shaderc library, best first. <c>FORGE_SHADERC</c> replaces them all.</summary>
    public static IReadOnlyList<string> ShadercNames => Names("FORGE_SHADERC",
        windows: ["shaderc_shared.dll"],
        mac: ["libshaderc_shared.1.dylib", "libshaderc_shared.dylib", "/opt/homebrew/lib/libshaderc_shared.dylib"],
        linux: ["libshaderc.so.1", "libshaderc_shared.so.1", "libshaderc_shared.so"]);

    /// <summary>How to get a Vulkan loader here.</summary>
    public static string InstallLoader =>
        OperatingSystem.IsWindows() ? "Install your GPU vendor's driver: it brings the loader (vulkan-1.dll)."
        : OperatingSystem.IsMacOS() ? "Install it: brew install vulkan-loader molten-vk."
        : "Run ./forge, which unpacks one, or install it: apt install libvulkan1 (Debian, Ubuntu), dnf install vulkan-loader (Fedora), pacman -S vulkan-icd-loader (Arch).";

    /// <summary>How to get a Vulkan driver here.</summary>
    public static string InstallDriver =>
        OperatingSystem.IsWindows() ? "Install your GPU vendor's driver."
        : OperatingSystem.IsMacOS() ? "Install one: brew install molten-vk."
        : "Run ./forge, which unpacks a software driver, or install one: apt install mesa-vulkan-drivers (Debian, Ubuntu), dnf install mesa-vulkan-drivers (Fedora), pacman -S vulkan-swrast (Arch).";

    /// <summary>How to get shaderc here.</summary>
    public static string InstallShaderc =>
        OperatingSystem.IsWindows() ? "Install the Vulkan SDK, or put shaderc_shared.dll beside the program."
        : OperatingSystem.IsMacOS() ? "Install it: brew install shaderc."
        : "Run ./forge, which unpacks one, or install it: apt install libshaderc1 glslc (Debian, Ubuntu), dnf install libshaderc (Fedora), pacman -S shaderc (Arch).";

    /// <summary>The folder for caches, or null where the user has no home folder.</summary>
    public static string? CacheFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathFullyQualified(xdg))
                return Path.Combine(xdg, "forge");
            if (OperatingSystem.IsWindows())
            {
                var local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
                return local.Length == 0 ? null : Path.Combine(local, "forge", "cache");
            }
            var home = Environment.GetEnvironmentVariable("HOME");
            if (string.IsNullOrEmpty(home))
                return null;
            return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", "forge") : Path.Combine(home, ".cache", "forge");
        }
    }

    /// <summary>Loads the first library of <paramref name="names"/> that the system can load.</summary>
    /// <returns>The library's handle and the name that worked, or zero and what was tried.</returns>
    public static (nint Handle, string Name) LoadFirst(IReadOnlyList<string> names)
    {
        foreach (var name in names)
            if (NativeLibrary.TryLoad(name, out var handle))
                return (handle, name);
        return (0, string.Join(", ", names));
    }

    private static string[] Names(string variable, string[] windows, string[] mac, string[] linux) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } chosen ? [chosen]
        : OperatingSystem.IsWindows() ? windows
        : OperatingSystem.IsMacOS() ? mac
        : linux;
}
