using Forge.Fuzzing;
using Forge.Models.Tests.Hostile;

return FuzzChild.Answer(args, NativeTargets.Find);
