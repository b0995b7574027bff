import Config

/// `nexus config reference`: what there is to know about every key.
enum ConfigReferenceCommand {
  static func run(_ invocation: Invocation) throws(UsageError) -> Int32 {
    switch invocation.value("--format") ?? "markdown" {
    case "markdown": Terminal.say(MarkdownReference.text())
    case "schema": Terminal.say(SchemaReference.text())
    case "man": Terminal.say(ManualReference.text())
    case let other: throw UsageError("'--format \(other)': give markdown, schema or man.")
    }
    return ExitCode.success
  }
}
