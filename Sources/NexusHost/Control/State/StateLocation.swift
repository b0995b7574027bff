/// Where state is kept.
public enum StateLocation: Equatable, Sendable {
  /// A directory. One that was asked for must be usable; another may be missing or unusable.
  case directory(String, isExplicit: Bool)
  /// Nowhere: no directory is known.
  case none

  /// Decides by, in this order: what was asked for; `$STATE_DIRECTORY`, which a service manager
  /// sets (systemd.exec(5): a colon between several); `$XDG_STATE_HOME/nexus` and
  /// `$HOME/.local/state/nexus` (XDG Base Directory Specification: relative paths do not count).
  public static func resolve(
    explicit: String?, environment: (String) -> String?
  ) -> StateLocation {
    if let explicit, !explicit.isEmpty { return .directory(explicit, isExplicit: true) }
    if let first = environment("STATE_DIRECTORY")?.split(separator: ":").first {
      return .directory(String(first), isExplicit: true)
    }
    if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
      return .directory("\(state)/nexus", isExplicit: false)
    }
    if let home = environment("HOME"), home.hasPrefix("/") {
      return .directory("\(home)/.local/state/nexus", isExplicit: false)
    }
    return .none
  }
}

extension StateLocation {
  /// Throws if no state could be kept there now. Makes no directory.
  public func check() throws(StateError) {
    guard case .directory(let path, _) = self else { return }
    let directory = StateDirectory(path: path)
    _ = try directory.attach(create: false)
    directory.detach()
  }
}
