import CAvahi

/// Our own announcement: kept standing for as long as it is wanted, under another name where ours is
/// taken, again after the daemon has come back or the machine has changed its name.
final class ServiceAnnouncer {
  /// Names tried before giving up.
  private static let tries = 64

  /// Hears what becomes of it.
  weak var directory: ServiceDirectory?
  private var wanted: ServiceAnnouncement?
  /// The connection to a daemon that knows the machine's name.
  private var client: OpaquePointer?
  private var group: OpaquePointer?
  private var name = ""
  private var renamings = 0
  private var told: ServiceEvent?

  /// Announces this instead of what stood before.
  func announce(_ announcement: ServiceAnnouncement?) {
    guard announcement != wanted else { return }
    let before = wanted
    wanted = announcement
    if let before, let announcement, updateText(from: before, to: announcement) { return }
    told = nil
    if let group { avahi_entry_group_free(group) }
    group = nil
    register()
  }

  /// The daemon has established the machine's name: announcements are taken.
  func daemonRuns(_ client: OpaquePointer) {
    self.client = client
    guard let group else { return register() }
    if avahi_entry_group_is_empty(group) != 0 { fill() }
  }

  /// The machine's name is being established anew, and what stood under the old one is void.
  func daemonRenames() {
    client = nil
    if let group { avahi_entry_group_reset(group) }
  }

  /// The connection is gone, and the announcement with it.
  func forget() {
    client = nil
    group = nil
  }

  private func register() {
    guard let client, let wanted else { return }
    name = wanted.name
    renamings = 0
    guard avahi_is_valid_service_name(name) != 0 else {
      return tell(.notAnnounced("\"\(name)\" cannot be a service's name: 1 to 63 bytes of UTF-8"))
    }
    group = avahi_entry_group_new(
      client,
      { _, state, context in
        guard let context else { return }
        Unmanaged<ServiceAnnouncer>.fromOpaque(context).takeUnretainedValue().on(state)
      }, Unmanaged.passUnretained(self).toOpaque())
    if group == nil { refuse(avahi_client_errno(client)) } else { fill() }
  }

  private func on(_ state: AvahiEntryGroupState) {
    switch state {
    case AVAHI_ENTRY_GROUP_ESTABLISHED: tell(.announced(name: name))
    case AVAHI_ENTRY_GROUP_COLLISION: if rename() { fill() }
    case AVAHI_ENTRY_GROUP_FAILURE: if let client { refuse(avahi_client_errno(client)) }
    default: break
    }
  }

  /// Hands the services over; a name that another program of this machine has is refused at once.
  private func fill() {
    guard let group, let wanted else { return }
    var code = add(wanted, to: group)
    while code == AVAHI_ERR_COLLISION {
      guard rename() else { return }
      code = add(wanted, to: group)
    }
    if code == AVAHI_OK { code = avahi_entry_group_commit(group) }
    if code != AVAHI_OK { refuse(code) }
  }

  private func add(_ wanted: ServiceAnnouncement, to group: OpaquePointer) -> Int32 {
    withText(wanted.text) { text in
      for type in wanted.types {
        let code = avahi_entry_group_add_service_strlst(
          group, AvahiIfIndex(AVAHI_IF_UNSPEC), AvahiProtocol(AVAHI_PROTO_UNSPEC),
          AvahiPublishFlags(rawValue: 0), name, type, nil, nil, wanted.port, text)
        guard code == AVAHI_OK else { return code }
      }
      return Int32(AVAHI_OK)
    }
  }

  /// Changes the TXT record in place when nothing else differs and the services stand, so that those
  /// who listen do not lose them.
  private func updateText(from old: ServiceAnnouncement, to new: ServiceAnnouncement) -> Bool {
    guard let group, case .announced = told,
      avahi_entry_group_get_state(group) == Int32(AVAHI_ENTRY_GROUP_ESTABLISHED.rawValue),
      old.name == new.name, old.types == new.types, old.port == new.port
    else { return false }
    return withText(new.text) { text in
      new.types.allSatisfy { type in
        avahi_entry_group_update_service_txt_strlst(
          group, AvahiIfIndex(AVAHI_IF_UNSPEC), AvahiProtocol(AVAHI_PROTO_UNSPEC),
          AvahiPublishFlags(rawValue: 0), name, type, nil, text) == AVAHI_OK
      }
    }
  }

  private func rename() -> Bool {
    renamings += 1
    guard let group, renamings < Self.tries, let next = avahi_alternative_service_name(name) else {
      refuse(Int32(AVAHI_ERR_COLLISION))
      return false
    }
    name = String(cString: next)
    avahi_free(next)
    avahi_entry_group_reset(group)
    return true
  }

  private func refuse(_ code: Int32) {
    switch Int(code) {
    case Int(AVAHI_ERR_NOT_PERMITTED), Int(AVAHI_ERR_ACCESS_DENIED):
      tell(
        .notAnnounced(
          "avahi-daemon does not publish for programs (disable-publishing or "
            + "disable-user-service-publishing in avahi-daemon.conf)"))
    case Int(AVAHI_ERR_DISCONNECTED): break
    default: tell(.notAnnounced(String(cString: avahi_strerror(code))))
    }
  }

  private func tell(_ event: ServiceEvent) {
    guard told != event else { return }
    told = event
    directory?.tell(event)
  }

  /// libavahi's list of the pairs; it is built from its end.
  private func withText<Result>(
    _ pairs: [(key: String, value: String)],
    _ body: (UnsafeMutablePointer<AvahiStringList>?) -> Result
  ) -> Result {
    var list: UnsafeMutablePointer<AvahiStringList>?
    for string in ServiceText.strings(pairs).reversed() {
      list = avahi_string_list_add_arbitrary(list, string, string.count)
    }
    defer { avahi_string_list_free(list) }
    return body(list)
  }
}
