return Forge.Cli.CommandLine.Run(args);
