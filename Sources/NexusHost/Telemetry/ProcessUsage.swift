import Glibc

/// What the process takes of its machine, as the kernel tells it (proc_pid_stat(5)). Read when asked
/// for; the files are the kernel's memory, and nothing is waited for.
public struct ProcessUsage: Equatable, Sendable {
  /// Processor time, user and system, in microseconds.
  public var processorMicroseconds: UInt64 = 0
  public var residentBytes: UInt64 = 0
  public var openDescriptors: UInt64 = 0
  public var mostDescriptors: UInt64 = 0
  /// When it began, in milliseconds since 1970; 0 unknown.
  public var startedMilliseconds: UInt64 = 0

  public static var now: ProcessUsage {
    var usage = ProcessUsage()
    var times = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &times) == 0 {
      usage.processorMicroseconds = micros(times.ru_utime) &+ micros(times.ru_stime)
    }
    let page = UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    let memory = text(of: "/proc/self/statm").split(separator: " ")
    if memory.count > 1, let pages = UInt64(memory[1]) { usage.residentBytes = pages * page }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      usage.mostDescriptors = UInt64(limit.rlim_cur)
    }
    usage.openDescriptors = countDescriptors()
    usage.startedMilliseconds = started()
    return usage
  }

  private static func micros(_ time: timeval) -> UInt64 {
    UInt64(max(0, time.tv_sec)) * 1_000_000 + UInt64(max(0, time.tv_usec))
  }

  /// The directory's own descriptor is not counted.
  private static func countDescriptors() -> UInt64 {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    var count: UInt64 = 0
    while readdir(directory) != nil { count += 1 }
    // ".", ".." and itself.
    return count > 3 ? count - 3 : 0
  }

  /// From the time since boot in field 22, which follows the name in parentheses.
  private static func started() -> UInt64 {
    let stat = text(of: "/proc/self/stat")
    guard let name = stat.lastIndex(of: ")") else { return 0 }
    let fields = stat[stat.index(after: name)...].split(separator: " ")
    let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    var boot = timespec()
    var wall = timespec()
    guard fields.count > 19, let start = UInt64(fields[19]),
      clock_gettime(CLOCK_BOOTTIME, &boot) == 0, clock_gettime(CLOCK_REALTIME, &wall) == 0
    else { return 0 }
    let now = millis(wall)
    let age = millis(boot) - Int64(start * 1_000 / ticks)
    return UInt64(max(0, now - age))
  }

  private static func millis(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1_024)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
