import Glibc

exit(NexusCommand.run(Array(CommandLine.arguments.dropFirst())))
