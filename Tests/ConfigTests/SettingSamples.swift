import Testing

@testable import Config

/// Values other than the defaults, for every key.
enum SettingSamples {
  static func value(_ key: SettingKey, unlike standard: SettingValue?) -> SettingValue {
    if key.path == "routing.prices" {
      return .map([SettingEntry("x-sample", .text("1.25/10"))])
    }
    if key.path == "dashboard.origins" { return .list(["https://sample.example"]) }
    if key.path == "discovery.scan" { return .list(["10.1.2.0/24"]) }
    if key.path == "discovery.trust[].address" { return .text("10.1.2.3") }
    return switch key.kind {
    case .text: .text("sample")
    case .host: .text("192.0.2.1")
    case .url: .text("http://192.0.2.1:1234")
    case .variable: .text("SAMPLE_KEY")
    case .path: .text("/sample")
    case .glob: .text("sample-*")
    case .levels: .text("trace")
    case .whole(let range), .size(let range):
      .whole(standard == .whole(range.upperBound) ? range.lowerBound : range.upperBound)
    case .number(let range):
      .number(standard == .number(range.upperBound) ? range.lowerBound : range.upperBound)
    case .flag: .flag(standard != .flag(true))
    case .word(let words, _): .text(words.last { .text($0) != standard } ?? "")
    case .list: .list(["sample"])
    case .wholes(let range): .wholes([range.lowerBound, range.upperBound])
    case .map(.list): .map([SettingEntry("a.b", .list(["sample"]))])
    case .map(.word(let words, _)): .map([SettingEntry("routing", .text(words[0]))])
    case .map: .map([SettingEntry("x-sample", .text("sample"))])
    }
  }

  /// `root` with every key of `specs` set.
  static func all<Root>(_ specs: [SettingSpec<Root>], _ root: Root) throws -> Root {
    var root = root
    for spec in specs { try spec.set(&root, value(spec.key, unlike: spec.get(root))) }
    return root
  }

  /// A file with every key.
  static func file() throws -> String {
    func lines<Root>(_ specs: [SettingSpec<Root>], _ root: Root, in section: String) -> String {
      specs.filter { $0.key.section == section }.map { spec in
        let value = value(spec.key, unlike: spec.get(root))
        return "\(spec.key.name) = \(spec.key.kind.toml(value))\n"
      }.joined()
    }
    return SettingsTable.sections.map { section in
      let keys =
        switch section.path {
        case "routing.policies[]":
          lines(SettingsTable.policy, Settings.Policy(), in: section.path)
        case "discovery.trust[]":
          lines(SettingsTable.trust, Settings.Trust(), in: section.path)
        case "backends[]":
          lines(SettingsTable.backend, Settings.Backend.blank, in: section.path)
        default: lines(SettingsTable.single, Settings(), in: section.path)
        }
      return "\(section.header)\n\(keys)"
    }.joined(separator: "\n")
  }
}
