/// A key together with its field: how a value comes into `Root` and out of it.
public struct SettingSpec<Root>: Sendable {
  public let key: SettingKey
  /// The present value, or nil if nothing is set.
  public let get: @Sendable (Root) -> SettingValue?
  let set: @Sendable (inout Root, SettingValue) throws(SettingFault) -> Void

  init(
    _ path: String, _ kind: SettingKind, required: Bool = false, live: Bool = true,
    variable: String? = nil, flag: SettingFlag? = nil, synonyms: [String] = [],
    absence: String? = nil, example: String? = nil, _ meaning: String,
    get: @escaping @Sendable (Root) -> SettingValue?,
    set: @escaping @Sendable (inout Root, SettingValue) throws(SettingFault) -> Void
  ) {
    key = SettingKey(
      path: path, kind: kind, meaning: meaning, isRequired: required, isLive: live,
      variable: variable, flag: flag, synonyms: synonyms, absence: absence, example: example)
    self.get = get
    self.set = set
  }

  /// A key whose values are kept as they are.
  init<Value: SettingConvertible>(
    _ path: String, _ kind: SettingKind, _ field: any WritableKeyPath<Root, Value> & Sendable,
    required: Bool = false, live: Bool = true, variable: String? = nil, flag: SettingFlag? = nil,
    synonyms: [String] = [], absence: String? = nil, example: String? = nil, _ meaning: String
  ) {
    self.init(
      path, kind, required: required, live: live, variable: variable, flag: flag,
      synonyms: synonyms, absence: absence, example: example, meaning,
      get: { $0[keyPath: field].settingValue },
      set: { (root, value) throws(SettingFault) in
        guard let value = Value(value) else { throw SettingFault("give \(kind.wanted)") }
        root[keyPath: field] = value
      })
  }
}
