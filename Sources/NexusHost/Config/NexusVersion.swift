/// The version of the program, told by `--version`, `/health` and the log.
public enum NexusVersion {
  public static let text = "0.1.0"
}
