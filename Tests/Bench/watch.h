/* What the processes under test have used: CPU time of all their threads. */
#ifndef BENCH_WATCH_H
#define BENCH_WATCH_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
  double total;  /* seconds on a CPU, to the nanosecond, from schedstat */
  double user;   /* seconds, in ticks of the clock, from stat */
  double system;
} cpu_time;

static double watch_threads(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *directory = opendir(path);
  if (!directory) return 0;
  double seconds = 0;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.') continue;
    char file[400];
    snprintf(file, sizeof file, "%s/%s/schedstat", path, entry->d_name);
    FILE *stat = fopen(file, "r");
    unsigned long long ran = 0;
    if (stat && fscanf(stat, "%llu", &ran) == 1) seconds += (double)ran / 1e9;
    if (stat) fclose(stat);
  }
  closedir(directory);
  return seconds;
}

static void watch_stat(int pid, cpu_time *time) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *stat = fopen(path, "r");
  if (!stat) return;
  unsigned long user = 0, system = 0;
  if (fgets(line, sizeof line, stat)) {
    const char *rest = strrchr(line, ')');
    if (rest)
      sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  }
  fclose(stat);
  time->user += (double)user / (double)sysconf(_SC_CLK_TCK);
  time->system += (double)system / (double)sysconf(_SC_CLK_TCK);
}

/* The sum over a list of process numbers separated by commas. */
static cpu_time watch_cpu(const char *pids) {
  cpu_time time = {0};
  for (const char *at = pids; at && *at;) {
    int pid = atoi(at);
    time.total += watch_threads(pid);
    watch_stat(pid, &time);
    at = strchr(at, ',');
    if (at) at++;
  }
  return time;
}

/* Seconds that a core has been busy with anything at all since the machine started. */
static double watch_core(int core) {
  FILE *stat = fopen("/proc/stat", "r");
  char line[1024], name[16];
  double busy = 0;
  int length = snprintf(name, sizeof name, "cpu%d ", core);
  while (stat && fgets(line, sizeof line, stat)) {
    unsigned long long t[8] = {0};
    if (strncmp(line, name, (size_t)length) != 0) continue;
    sscanf(line + length, "%llu %llu %llu %llu %llu %llu %llu %llu", t, t + 1, t + 2, t + 3, t + 4,
           t + 5, t + 6, t + 7);
    busy = (double)(t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) / (double)sysconf(_SC_CLK_TCK);
  }
  if (stat) fclose(stat);
  return busy;
}

#endif
