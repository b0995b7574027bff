/// The manual page nexus.toml(5), made from the table of keys.
public enum ManualReference {
  public static func text() -> String {
    var text = """
      .\\" Written by scripts/reference from the table of keys; change that instead.
      .TH NEXUS.TOML 5 "" "nexus \(NexusVersion.text)" "Nexus"
      .SH NAME
      nexus.toml \\- configuration of the gateway nexus
      .SH DESCRIPTION
      The file is in TOML 1.0. Every section and every key may be left out.
      .PP
      The file is the one that \\fB\\-\\-config\\fP or \\fBNEXUS_CONFIG\\fP names, else the first that there is of
      .IR nexus.toml ,
      .I $XDG_CONFIG_HOME/nexus/nexus.toml
      and
      .IR /etc/nexus/nexus.toml .
      Options of \\fBnexus serve\\fP go before environment variables, these before the file.
      .PP
      \\fBnexus config init\\fP writes a commented file, \\fBnexus config check\\fP finds mistakes,
      \\fBnexus config show\\fP tells what is in force.

      """
    for section in DocumentedKey.sections {
      text += ".SH \(Roff.text(section.header))\n\(paragraph(section.meaning))"
      for documented in DocumentedKey.of(section) { text += entry(documented) }
    }
    return text + """
      .SH SEE ALSO
      .BR nexus (1)

      """
  }

  private static func entry(_ documented: DocumentedKey) -> String {
    let key = documented.key
    let standing = plain(documented.standing)
    let notes = documented.notes.map(plain)
    let head = ".TP\n.B \(Roff.text(key.name))\n"
    let values = "\(key.kind.wanted.prefix(1).uppercased())\(key.kind.wanted.dropFirst())"
    let facts = key.isRequired ? "\(values). Required." : "\(values). Default: \(standing)."
    return head + paragraph(facts) + ".br\n"
      + paragraph(([plain(key.meaning)] + notes).joined(separator: " "))
  }

  /// Without the marks of Markdown.
  private static func plain(_ text: String) -> String { text.filter { $0 != "`" } }

  private static func paragraph(_ text: String) -> String { "\(Roff.text(plain(text)))\n" }
}
