// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.lmstudio", version: "1.0.0",
  summary: "LM Studio: models, instances, loading and unloading",
  licence: "MIT", types: ["lmstudio"],
  ports: [1234], services: [],
  operations: OperationSet(
    .identify, .survey, .chat, .completions, .embeddings, .load,
    .unload))

// The same as an ELF note, which can be read without running the library.
// swift-format-ignore
@section(".note.nexus.driver") @used
let driverNote: (
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
) = (
  0x00000006, 0x000000db, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x736d6c2e, 0x69647574, 0x65760a6f, 0x6f697372, 0x2e313d6e, 0x0a302e30, 0x3d696261, 0x0a312e31,
  0x65707974, 0x6d6c3d73, 0x64757473, 0x6f0a6f69, 0x61726570, 0x6e6f6974, 0x64693d73, 0x69746e65,
  0x732c7966, 0x65767275, 0x68632c79, 0x632c7461, 0x6c706d6f, 0x6f697465, 0x652c736e, 0x6465626d,
  0x676e6964, 0x6f6c2c73, 0x752c6461, 0x616f6c6e, 0x6f700a64, 0x3d737472, 0x34333231, 0x7265730a,
  0x65636976, 0x6c0a3d73, 0x6e656369, 0x4d3d6563, 0x730a5449, 0x616d6d75, 0x4c3d7972, 0x7453204d,
  0x6f696475, 0x6f6d203a, 0x736c6564, 0x6e69202c, 0x6e617473, 0x2c736563, 0x616f6c20, 0x676e6964,
  0x646e6120, 0x6c6e7520, 0x6964616f, 0x000a676e
)
