namespace Forge.Vulkan.Tests;

public class ShaderCompilerTests
{
    private readonly ShaderCompiler _compiler = new(new ShaderSource(), new SpirvCache(null));

    [Fact]
    public void Error_ShowsTheLineOfTheShader()
    {
        var error = Assert.Throws<ShaderException>(() => _compiler.Compile(new("Bad.comp", "#version 450\nvoid main() {\n    float x = missing;\n}\n")));
        Assert.Contains("Bad.comp:3: error: 'missing' : undeclared identifier", error.Message, StringComparison.Ordinal);
        Assert.Contains("    3 |     float x = missing;", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Error_InAnIncludedFile_ShowsItsLine()
    {
        var error = Assert.Throws<ShaderException>(() => _compiler.Compile(new("Bad.comp", "#version 450\n#include \"given.glsl\"\nvoid main() {}\n",
            Includes: [("given.glsl", "// a comment\nfloat f() { return nothing; }\n")])));
        Assert.Contains("given.glsl:2: error", error.Message, StringComparison.Ordinal);
        Assert.Contains("    2 | float f() { return nothing; }", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingInclude_IsNamed()
    {
        var error = Assert.Throws<ShaderException>(() => _compiler.Compile(new("Bad.comp", "#version 450\n#include \"nowhere.glsl\"\nvoid main() {}\n")));
        Assert.Contains("nowhere.glsl", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingShader_SaysHowFilesAreNamed()
    {
        var error = Assert.Throws<ShaderException>(() => _compiler.Compile(new("NoSuchOp.comp")));
        Assert.Contains("NoSuchOp.comp", error.Message, StringComparison.Ordinal);
        Assert.Contains("STEM.comp", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IncludesOfIncludes_AreFound_AndCountTowardsTheKey()
    {
        const string Shader = "#version 450\n#include \"outer.glsl\"\nlayout(local_size_x = VALUE) in;\nvoid main() {}\n";
        var first = Compile("1");
        Assert.Equal(1, _compiler.Compiled);
        Assert.Equal(first, Compile("1"));
        Assert.Equal(1, _compiler.Compiled);
        Assert.NotEqual(first, Compile("2"));
        Assert.Equal(2, _compiler.Compiled);

        byte[] Compile(string value) => _compiler.Compile(new("Nested.comp", Shader,
            Includes: [("outer.glsl", "#include \"inner.glsl\"\n"), ("inner.glsl", $"#define VALUE {value}\n")]));
    }

    [Fact]
    public void Defines_CountTowardsTheKey()
    {
        const string Shader = "#version 450\nlayout(local_size_x = N) in;\nvoid main() {}\n";
        Assert.NotEqual(_compiler.Compile(new("D.comp", Shader, [("N", "4")])), _compiler.Compile(new("D.comp", Shader, [("N", "8")])));
    }

    [Fact]
    public void Folder_ReplacesTheBuiltInShaders()
    {
        var folder = Directory.CreateTempSubdirectory("forge shaders ");
        try
        {
            Directory.CreateDirectory(Path.Combine(folder.FullName, "include"));
            File.WriteAllText(Path.Combine(folder.FullName, "include", "mine.glsl"), "layout(local_size_x = 3) in;\n");
            File.WriteAllText(Path.Combine(folder.FullName, "Mine.comp"), "#version 450\n#include \"mine.glsl\"\nvoid main() {}\n");
            var compiler = new ShaderCompiler(new ShaderSource(folder.FullName), new SpirvCache(null));
            Assert.True(SpirvModule.IsSpirv(compiler.Compile(new("Mine.comp"))));
            Assert.Throws<ShaderException>(() => compiler.Compile(new("LaneProbe.comp")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void PushBytes_CountsWordsArraysAndAddresses()
    {
        const string Shader = """
            #version 450
            #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
            #define PUSH uint a; float b; uint taps[5];
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { STORE(Y, 0, LOAD(X, a) * b + float(taps[a])); }
            """;
        Assert.Equal(16 + 8 + 20, Bytes("FORGE_ADDRESS"));
        Assert.Equal(8 + 20, Bytes("FORGE_DESCRIPTOR"));
        Assert.Equal(8 + 8 + 20, Bytes("FORGE_CHECKED"));
        Assert.Equal(0, SpirvModule.PushBytes(_compiler.Compile(new("None.comp", "#version 450\nvoid main() {}\n"))));

        int Bytes(string mode) => SpirvModule.PushBytes(_compiler.Compile(new("P.comp", Shader, [(mode, "1")])));
    }

    [Fact]
    public void RawAddresses_InAnotherBuild_AreAnError()
    {
        const string Shader = "#version 450\n#define INT64\n#define BUFFERS IN(float, X, 0)\n#include \"buffers.glsl\"\nvoid main() {}\n";
        _compiler.Compile(new("A.comp", Shader, [("FORGE_ADDRESS", "1")]));
        var error = Assert.Throws<ShaderException>(() => _compiler.Compile(new("A.comp", Shader, [("FORGE_CHECKED", "1")])));
        Assert.Contains("raw addresses", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SomethingElseThanAProgram_IsNotMadeALibrary()
    {
        Assert.Null(GlslcLibrary.AsLibrary([]));
        Assert.Null(GlslcLibrary.AsLibrary(new byte[1000]));
        Assert.Null(GlslcLibrary.AsLibrary([.. "\u007fELF\u0002\u0001"u8, .. Enumerable.Repeat((byte)0xff, 500)]));
    }
}
