/// docs/CONFIGURATION.md, made from the table of keys.
public enum MarkdownReference {
  public static func text() -> String {
    let sections = DocumentedKey.sections.map(section).joined(separator: "\n")
    return "\(introduction)\n\(sections)\n\(conclusion)"
  }

  private static func section(_ section: SettingSection) -> String {
    var text = "## `\(section.header)`\n\n\(section.meaning)\n\n"
    text += "| Key | Values | Default | |\n|---|---|---|---|\n"
    for documented in DocumentedKey.of(section) {
      let key = documented.key
      let meaning = ([key.meaning] + documented.notes).joined(separator: " ")
      text += "| `\(key.name)` | \(values(key.kind)) | \(documented.standing)"
      text += " | \(cell(meaning)) |\n"
    }
    return text
  }

  private static func values(_ kind: SettingKind) -> String {
    switch kind {
    case .text: "string"
    case .host: "address or host name"
    case .url: "base URL"
    case .variable: "name of a variable"
    case .path: "path"
    case .glob: "pattern"
    case .whole(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .number: "\(kind.wanted.dropFirst(2))"
    case .size(let range):
      "\(SettingKind.size(range.lowerBound)) to \(SettingKind.size(range.upperBound))"
    case .flag: "`true`, `false`"
    case .word(let words, _): words.map { "`\($0)`" }.joined(separator: ", ")
    case .levels: "levels"
    case .list: "list of strings"
    case .wholes(let range): "list of numbers \(range.lowerBound) to \(range.upperBound)"
    case .map(.text): "table of strings"
    case .map(.list): "table of lists of strings"
    case .map(let kind): "table of \(values(kind))"
    }
  }

  private static func cell(_ text: String) -> String {
    var result = ""
    for letter in text { result += letter == "|" ? "\\|" : String(letter) }
    return result
  }

  private static let introduction = """
    <!-- Written by scripts/reference from the table of keys in Sources/NexusHost/Config/Schema;
    change that instead. -->

    # Configuration

    Nexus needs no configuration. What you want otherwise stands in one file, in
    [TOML](https://toml.io/en/v1.0.0); every section and every key may be left out.

    ```
    nexus config init     write a commented nexus.toml with every key
    nexus config check    find mistakes, with line, column and remedy
    nexus config show     tell what is in force, and where each value comes from
    nexus reload          put a changed file in force without a restart
    ```

    The file is the one that `--config FILE` or the variable `NEXUS_CONFIG` names; it must be there
    then. Otherwise it is the first that there is of `nexus.toml` in the working directory,
    `$XDG_CONFIG_HOME/nexus/nexus.toml` (usually `~/.config/nexus/nexus.toml`) and
    `/etc/nexus/nexus.toml`. Relative paths in a file start where the file is.

    **Precedence:** options of `nexus serve`, then environment variables, then the file, then the
    defaults. `--backend` adds to the backends of the file. An empty variable counts as unset; one with
    an invalid value is ignored with a warning. Switches take `true`, `1`, `yes`, `on` and their
    opposites.

    **Mistakes** are told all at once and keep the gateway from starting; a reload with a mistake leaves
    the old configuration in force, whole. A key that nobody knows is ignored with a warning, except in
    policies, the budget and what is trusted: what is to protect must not be switched off by a typing error. Keys of
    services never stand in the file: `api_key_env` names a variable, `api_key_file` a file.

    **Reload:** changes take effect with `nexus reload`, SIGHUP or when the file is saved. Keys that need
    a restart say so below.

    Editors that know JSON Schema complete and check the file with
    [nexus.schema.json](nexus.schema.json).

    """

  private static var conclusion: String {
    let unused = UnusedKeys.unknown.map { "`\($0)`" }.joined(separator: ", ")
    return """
      ## Names from elsewhere

      Old names count, with a warning: \(synonyms). Zones may be called `local` (`restricted`) and
      `public` (`open`), and words be written in capitals. A policy may also stand as
      `[routing.policies."PATTERN"]`.

      These are recognised and do nothing in this version; the start says so: \(unused).

      """
  }

  private static var synonyms: String {
    DocumentedKey.all.flatMap { documented in
      documented.key.synonyms.map {
        "`\(documented.key.section).\($0)` for `\(documented.key.name)`"
      }
    }.joined(separator: ", ")
  }
}
