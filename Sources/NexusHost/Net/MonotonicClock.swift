import CLinux
import Glibc

/// The one clock of the host: monotonic, so that a change of the wall clock moves no deadline.
public enum MonotonicClock {
  /// Nanoseconds since an arbitrary moment of this boot.
  public static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// Milliseconds since the same moment.
  public static func milliseconds() -> UInt64 { nanoseconds() / 1_000_000 }

  /// Nanoseconds since 1970 by the wall clock, for stamps that people read.
  public static func unixNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// Seconds since 1970 by the wall clock, for stamps that people read.
  public static func unixSeconds() -> Int64 { Int64(time(nil)) }
}
