/// Requests of the usual APIs, each with something in it that a gateway looks for.
enum RequestCorpus {
  static let bodies: [String] = [
    #"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#,
    #"{"model":"m","stream":true,"messages":[{"role":"system","content":"Sei kurz: größer"},{"role":"user","content":"a\nb \"c\" \u00e9 \u20ac \ud83d\ude00 天地"}],"max_tokens":4,"n":2,"user":"u1"}"#,
    #"{"messages":[{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"file","file":{"file_data":"AAAA"}}]}],"model":"m"}"#,
    #"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_0","type":"function","function":{"name":"get_weather","arguments":"{\"city\":\"Rome\"}"}}]},{"role":"tool","tool_call_id":"call_0","content":"{\"temp_c\": 20}"}],"tools":[{"type":"function","function":{"name":"get_weather","description":"Weather","parameters":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":1.5e0,"default":null,"exclusive":false}},"required":["city"]}}}],"tool_choice":"auto"}"#,
    #"{"model":"m","messages":[],"response_format":{"type":"json_object"},"tools":[],"functions":null,"reasoning_effort":"none"}"#,
    #"{"model":"m","messages":[],"response_format":{"type":"json_schema","json_schema":{"schema":{"type":"json_object"}}},"reasoning_effort":"low","functions":[{"name":"f"}]}"#,
    #"{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"text"},"metadata":{"session_id":"s-1","user_id":"u","conversation_id":"c"},"prompt_cache_key":"k"}"#,
    #"{"model":"claude","system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"done"},{"type":"image","source":{"type":"url","url":"x"}}]}]},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"AAAA"},{"type":"tool_use","id":"t","name":"f","input":{"type":"image","a":[1,true,"x"]}}]}],"thinking":{"type":"enabled","budget_tokens":1024},"max_tokens":4,"metadata":{"user_id":"u"}}"#,
    #"{"model":"m","instructions":"Be brief.","input":"hi","max_output_tokens":4,"text":{"format":{"type":"json_schema","schema":{}}},"reasoning":{"effort":"high"}}"#,
    #"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hi"},{"type":"input_image","image_url":"data:AAAA"}]},{"type":"function_call","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"c","output":"42"},{"type":"reasoning","summary":[{"type":"summary_text","text":"so"}]}],"reasoning":{"effort":"none"},"text":{"format":{"type":"text"}}}"#,
    #"{"model":"e","input":["one","two and more","x"]}"#,
    #"{"model":"e","input":[1,2,3]}"#,
    #"{"model":"e","input":[[1,2],[3,4,5,6],[]]}"#,
    #"{"model":"e","input":"hi","encoding_format":"base64","user":""}"#,
    #"{"model":"c","prompt":["Once upon","a time"],"max_tokens":16}"#,
    #"{"model":"c","prompt":"Once upon","suffix":"end","n":3}"#,
    #"{"model":"r","query":"which?","documents":["a","bcd",{"text":"efghijkl"}]}"#,
    // Nothing of this is of the type that it usually has.
    #"{"model":7,"messages":"x","input":{"type":"input_image"},"tools":{"a":1},"system":5,"metadata":[{"user_id":"u"}],"user":1,"thinking":"enabled","reasoning":"high","reasoning_effort":3,"response_format":"json_object","text":"json_schema","prompt":null}"#,
    #"{"messages":[1,"two",null,[3,"4",[5]],{},{"content":{"text":"deep","content":[["x"],{"text":["y"]}]},"type":["image"],"tool_calls":"z"}],"input":[1,"a",null,[1,"b"],{"content":"c"}],"thinking":{"type":"disabled"},"reasoning":{}}"#,
    #"{"user":"a","user":"b","prompt_cache_key":null,"system":"a","system":["b"],"tools":[1],"tools":[],"reasoning_effort":"none","reasoning_effort":"high","metadata":{"user_id":"x"},"metadata":{"user_id":"y"}}"#,
    "{}",
  ]
}
