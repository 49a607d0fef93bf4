# shellcheck shell=bash disable=SC2154 # system.sh sets the distribution
# The sets Forge unpacks, by name: which packages, which files of them.

make_set() {
    # -t lets Debian 12 take Mesa 25 from its backports; elsewhere the ordinary suite has it or newer.
    local newer=()
    [[ $distribution == debian && $codename == bookworm ]] && newer=(-t bookworm-backports)
    case $1 in
        loader)     unpack_set loader "libvulkan.so.1" libvulkan1 ;;
        mesa25)     unpack_set mesa25 "libvulkan_lvp.so" ${newer[@]+"${newer[@]}"} mesa-vulkan-drivers ;;
        # Debian 12's libshaderc lacks symbols that its glslc has (src/Forge.Vulkan/GlslcLibrary.cs).
        shaderc)    unpack_set shaderc "libshaderc.so.1 glslc" libshaderc1 glslc ;;
        mesa22)     unpack_set mesa22 "libvulkan_lvp.so" mesa-vulkan-drivers ;;
        validation) unpack_set validation "libVkLayer_khronos_validation.so" vulkan-validationlayers ;;
        tools)      unpack_set tools "glslc spirv-val spirv-opt spirv-dis spirv-as" glslc spirv-tools ;;
        # Cooperative matrices; on Debian 13 the tools above know them.
        tools13)    unpack_newer tools13 "glslc spirv-val spirv-opt" glslc spirv-tools libc6 ;;
        # Which of Chromium's packages carries the library has changed between releases.
        swiftshader) unpack_set swiftshader libvk_swiftshader.so --alone chromium-common ||
            unpack_set swiftshader libvk_swiftshader.so --alone chromium ;;
        fashion-mnist) unpack_data fashion-mnist dataset-fashion-mnist ;;
    esac
}

# Roughly what a set downloads, in MB, for the question and the notice.
set_megabytes() {
    case $1 in
        mesa25|mesa22) echo 45 ;;
        swiftshader) echo 32 ;;
        fashion-mnist) echo 30 ;;
        validation) echo 6 ;;
        tools13) echo 25 ;;
        *) echo 2 ;;
    esac
}

set_title() {
    case $1 in
        loader) echo "the Vulkan loader" ;;
        mesa25) echo "a Vulkan driver (Mesa's, in software)" ;;
        mesa22) echo "an older Mesa to test with" ;;
        shaderc) echo "the shader compiler" ;;
        swiftshader) echo "the SwiftShader driver to test with" ;;
        validation) echo "the Vulkan validation layer" ;;
        tools) echo "SPIR-V tools" ;;
        tools13) echo "Debian 13's shader compiler to test with" ;;
        fashion-mnist) echo "the Fashion-MNIST images" ;;
    esac
}
