package main

// uvarint reads the varint at `at`.
func uvarint(bytes []byte, at int) (value, next int) {
	for shift := 0; ; shift += 7 {
		b := bytes[at]
		at++
		value |= int(b&0x7f) << shift
		if b < 0x80 {
			return value, at
		}
	}
}

// fields calls `each` with every field in `from … to` that has a length.
func fields(bytes []byte, from, to int, each func(number, from, to int)) {
	for at := from; at < to; {
		tag, next := uvarint(bytes, at)
		at = next
		switch tag & 7 {
		case 0:
			_, at = uvarint(bytes, at)
		case 1:
			at += 8
		case 2:
			length, body := uvarint(bytes, at)
			at = body + length
			each(tag>>3, body, at)
		case 5:
			at += 4
		}
	}
}

// walk calls `span` with the place of every trace id of an ExportTraceServiceRequest; `isFirst`
// tells the first span of each resource. Bytes that are no such request panic.
func walk(bytes []byte, span func(idAt int, isFirst bool)) {
	at := 0
	for at < len(bytes) {
		var length int
		if bytes[at] != 1<<3|2 {
			panic("a request must hold nothing but resource_spans")
		}
		length, at = uvarint(bytes, at+1)
		isFirst := true
		fields(bytes, at, at+length, func(number, from, to int) {
			if number != 2 {
				return
			}
			fields(bytes, from, to, func(number, from, to int) {
				if number != 2 {
					return
				}
				fields(bytes, from, to, func(number, from, to int) {
					if number == 1 && to-from == idBytes {
						span(from, isFirst)
						isFirst = false
					}
				})
			})
		})
		at += length
	}
}
