import HTTP

extension SettingsTable {
  static let traces: [SettingSpec<Settings>] = [
    .init(
      "traces.endpoint", .url, variable: "OTEL_EXPORTER_OTLP_ENDPOINT",
      absence: "nothing is sent", example: "\"http://127.0.0.1:4318\"",
      """
      URL of a collector that takes OTLP over HTTP with JSON bodies, http or https. `/v1/traces` is \
      put behind it, unless its path ends with `/traces` already.
      """,
      get: { $0.traces.endpoint.map(SettingValue.text) },
      set: { (settings, value) throws(SettingFault) in
        guard case .text(let url) = value else { throw SettingFault("give a URL") }
        guard !url.contains("@") else {
          throw SettingFault(
            "keys and passwords do not belong in a URL; use header_env", isSecret: true)
        }
        do {
          settings.traces.endpoint = try Endpoint.parse(url).url
        } catch {
          throw SettingFault("\(error)")
        }
      }),
    .init(
      "traces.sample", .number(0...1), \.traces.sample,
      """
      Share of the requests that are traced, 0.0 to 1.0. Where a client's `traceparent` says whether \
      its request is traced, that holds.
      """),
    .init(
      "traces.service_name", .text, \.traces.serviceName, variable: "OTEL_SERVICE_NAME",
      "What the gateway is called in traces."),
    .init(
      "traces.headers", .map(.text), example: "{ \"x-scope-orgid\" = \"lab\" }",
      "Header fields that go with every delivery. Keys do not belong here: use `header_env`.",
      get: { .map($0.traces.headers.map { SettingEntry($0.name, .text($0.value)) }) },
      set: { (settings, value) throws(SettingFault) in
        settings.traces.headers = try SettingText.headers(value, keysBelongIn: "header_env")
      }),
    .init(
      "traces.header_env", .map(.text), example: "{ authorization = \"COLLECTOR_AUTHORIZATION\" }",
      """
      Header fields whose values are secret: for each the environment variable that holds the whole \
      value, such as `Bearer …`.
      """,
      get: { $0.traces.headerVariables.settingValue },
      set: { (settings, value) throws(SettingFault) in
        settings.traces.headerVariables = try headerVariables(value)
      }),
    .init(
      "traces.ca_file", .path, \.traces.caFile, absence: "the system's authorities",
      example: "\"/etc/nexus/ca.pem\"",
      "PEM file with the certificate authorities to trust for the collector."),
  ]

  private static func headerVariables(
    _ value: SettingValue
  ) throws(SettingFault) -> [String: String] {
    guard let variables = [String: String](value) else {
      throw SettingFault("give names of environment variables")
    }
    for (name, variable) in variables {
      try SettingText.checkHeader(name)
      guard !SecretText.looksLikeKey(variable), SettingText.isVariable(variable) else {
        throw SettingFault(
          "give the name of an environment variable, such as COLLECTOR_AUTHORIZATION,"
            + " and put the value into that", isSecret: true)
      }
    }
    return variables
  }
}
