import CLinux
import Glibc

/// One line on standard error.
func complain(_ text: String) {
  let line = Array("nexus-sim: \(text)\n".utf8)
  _ = write(2, line, line.count)
}

/// Starts the fleet that the command line describes and serves it until it is told to stop.
private func runSimulator() -> Int32 {
  signal(SIGPIPE, SIG_IGN)
  let options: Options
  do throws(UsageError) {
    options = try Options.parse(Array(CommandLine.arguments.dropFirst()))
  } catch {
    complain("\(error.message)\n\n\(Options.usage)")
    return 2
  }
  if options.wantsHelp {
    print(Options.usage)
    return 0
  }
  Sockets.raiseFileLimit()
  let loop = Loop()
  let signals = StopSignals(loop)
  guard let fleet = Fleet(options, loop) else { return 1 }
  fleet.announce()
  if options.untilStdinCloses { StdinWatcher.start(loop) }
  loop.run()
  withExtendedLifetime((signals, fleet)) {}
  return 0
}

exit(runSimulator())
