// Written by scripts/driver-notes from Plugins/drivers.txt; change that file instead.
import DriverKit

/// What the table of this driver says.
let description = DriverDescription(
  id: "org.nexus.vllm", version: "1.0.0",
  summary: "vLLM: adapters, load figures and token counts",
  licence: "MIT", types: ["vllm"],
  ports: [8000], services: [],
  operations: OperationSet(
    .identify, .survey, .chat, .completions, .embeddings, .countTokens))

// The same as an ELF note, which can be read without running the library.
// swift-format-ignore
@section(".note.nexus.driver") @used
let driverNote: (
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
  UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
) = (
  0x00000006, 0x000000ce, 0x00000001, 0x7578654e, 0x00000073, 0x6f3d6469, 0x6e2e6772, 0x73757865,
  0x6c6c762e, 0x65760a6d, 0x6f697372, 0x2e313d6e, 0x0a302e30, 0x3d696261, 0x0a312e31, 0x65707974,
  0x6c763d73, 0x6f0a6d6c, 0x61726570, 0x6e6f6974, 0x64693d73, 0x69746e65, 0x732c7966, 0x65767275,
  0x68632c79, 0x632c7461, 0x6c706d6f, 0x6f697465, 0x652c736e, 0x6465626d, 0x676e6964, 0x6f632c73,
  0x5f746e75, 0x656b6f74, 0x700a736e, 0x7374726f, 0x3030383d, 0x65730a30, 0x63697672, 0x0a3d7365,
  0x6563696c, 0x3d65636e, 0x0a54494d, 0x6d6d7573, 0x3d797261, 0x4d4c4c76, 0x6461203a, 0x65747061,
  0x202c7372, 0x64616f6c, 0x67696620, 0x73657275, 0x646e6120, 0x6b6f7420, 0x63206e65, 0x746e756f,
  0x00000a73
)
