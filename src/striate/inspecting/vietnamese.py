"""What an inspection says, in Vietnamese: tầng for layer, nhân for kernel, bộ lọc for filter.

The names of kinds of layers stay in English. Remarks on single layers come last.
"""

SENTENCES = {
    "layer": "tầng",
    "kind": "loại",
    "output": "đầu ra",
    "filters · kernels": "bộ lọc · nhân",
    "parameters": "tham số",
    "receptive field": "trường tiếp nhận",
    "in the input": "trong đầu vào",
    "receptive field in {name}": "trường tiếp nhận trong {name}",
    "jump": "bước dời",
    "activations": "kích hoạt",
    "MACs back": "MACs ngược",
    "kept": "giữ lại",
    "time": "thời gian",
    "time back": "thời gian ngược",
    "share": "tỉ lệ",
    "remarks": "nhận xét",
    "{count} layers": "{count} tầng",
    "{count} layer": "{count} tầng",
    "shared": "dùng chung",
    "none": "không có",
    "unknown ({part})": "không rõ ({part})",
    "{known} + unknown ({part})": "{known} + không rõ ({part})",
    "{count} ({trainable} trainable{part}), {bytes}": "{count} ({trainable} học được{part}), {bytes}",
    ", {count} frozen": ", {count} đóng băng",
    ", {count} unused": ", {count} không dùng",
    ", {count} frozen, {more} unused": ", {count} đóng băng, {more} không dùng",
    "{part}, {value} per input": "{part}, {value} cho mỗi đầu vào",
    "{part}, {value} per frame": "{part}, {value} cho mỗi khung hình",
    "{bytes} in all": "tổng cộng {bytes}",
    "held at once": "giữ cùng lúc",
    "{inference} for inference, {training} for training": (
        "{inference} khi suy luận, {training} khi huấn luyện"
    ),
    "backward": "lan truyền ngược",
    "{macs} MACs, {kept} kept for it": "{macs} MACs, giữ lại {kept} cho nó",
    "partial": "chưa đủ",
    "what {part} costs is not known and not in the sums": (
        "chi phí của {part} không rõ và không nằm trong các tổng"
    ),
    "{time}, the sum of the layers' medians": "{time}, tổng các trung vị của các tầng",
    "{time}, likewise of the backward pass": "{time}, cũng như vậy với lượt lan truyền ngược",
    "unused": "không dùng",
    "{name}: {count} parameters": "{name}: {count} tham số",
    "{part1}: {part2}": "{part1}: {part2}",
    "{part1}, {part2}": "{part1}, {part2}",
    "{part1} · {part2}": "{part1} · {part2}",
    "… {count} more remarks: in --json, --csv and --html": (
        "… còn {count} nhận xét nữa: trong --json, --csv và --html"
    ),
    "Architecture": "Kiến trúc",
    "Layers": "Các tầng",
    "Totals": "Tổng cộng",
    "What a unit sees": "Một nút nhìn thấy gì",
    "receptive fields on the input": "các trường tiếp nhận trên đầu vào",
    "the layers of {network} as blocks": "các tầng của {network} vẽ thành khối",
    "Every layer of {network}": "Mọi tầng của {network}",
    "Heights follow the image, widths the channels.": "Chiều cao theo ảnh, bề rộng theo số kênh.",
    "Heights follow the image, widths the channels. Frames stand behind one another; one thick piece mixes "
    "frames.": (
        "Chiều cao theo ảnh, bề rộng theo số kênh. Các khung hình đứng sau nhau; một khối dày trộn các khung "
        "hình."
    ),
    "{network} on {input}": "{network} với {input}",
    "{first} and {second}": "{first} và {second}",
    "input {shape}": "đầu vào {shape}",
    "inputs {first} and {second}": "đầu vào {first} và {second}",
    "input": "đầu vào",
    "layers": "số tầng",
    "second ÷ first": "thứ hai ÷ thứ nhất",
    "receptive field before the head": "trường tiếp nhận trước phần đầu ra",
    "activations in all": "kích hoạt tổng cộng",
    "held at once for inference": "giữ cùng lúc khi suy luận",
    "held at once for training": "giữ cùng lúc khi huấn luyện",
    "held at once, inference": "giữ cùng lúc, suy luận",
    "held at once, training": "giữ cùng lúc, huấn luyện",
    "MACs per frame": "MACs mỗi khung hình",
    "time of the backward pass": "thời gian lan truyền ngược",
    "Contents": "Mục lục",
    "Skip to the content": "Chuyển đến nội dung",
}


LAYER_REMARKS = {
    "uses {names} again: counted where it was first used": "dùng lại {names}: đã đếm ở nơi dùng lần đầu",
    "frozen": "đóng băng",
    "{count} of its parameters are frozen": "{count} tham số của nó bị đóng băng",
    "{name}: a fully connected layer per {part1}, {input} → {output}{part2}; a {full} one would take {times} "
    "times the weights and MACs ({own} → {more})": (
        "{name}: một tầng kết nối đầy đủ tại mỗi {part1}, {input} → {output}{part2}; tầng {full} sẽ cần gấp "
        "{times} lần trọng số và MACs ({own} → {more})"
    ),
    "position": "vị trí",
    "pixel": "điểm ảnh",
    "pixel of each frame": "điểm ảnh của mỗi khung hình",
    " in {count} groups": " trong {count} nhóm",
    "depthwise: one kernel per filter; over all {channels} channels it would take {times} times the weights "
    "and MACs ({own} → {more})": (
        "theo từng kênh (depthwise): mỗi bộ lọc một nhân; trên cả {channels} kênh sẽ cần gấp {times} "
        "lần trọng "
        "số và MACs ({own} → {more})"
    ),
    "bottleneck {first} → {second} → {third} → {last}: {taken} weights; one {kernel} convolution {input} → "
    "{output} would take {full}, {part}": (
        "thắt cổ chai (bottleneck) {first} → {second} → {third} → {last}: {taken} trọng số; một tích chập "
        "{kernel} {input} → {output} sẽ cần {full}, {part}"
    ),
    "inverted bottleneck {first} → {second} → {last}: {taken} weights; with a dense middle {full}, {part}": (
        "thắt cổ chai ngược (inverted bottleneck) {first} → {second} → {last}: {taken} trọng số; nếu "
        "phần giữa "
        "đầy đủ thì {full}, {part}"
    ),
    "{ratio} times as many": "gấp {ratio} lần",
    "{ratio} times fewer": "ít hơn {ratio} lần",
    "(2+1)D {first} → {second} → {last}: {taken} weights and {macs} MACs; the full {kernel} convolution: "
    "{full} and {more}; equal weights at a width of {equal} between": (
        "(2+1)D {first} → {second} → {last}: {taken} trọng số và {macs} MACs; tích chập {kernel} đầy đủ: "
        "{full} và {more}; số trọng số bằng nhau khi bề rộng ở giữa là {equal}"
    ),
    "full 3D: {own} weights; as (2+1)D, {space} to {mid} and {time} to {output}: {taken}, with one more "
    "activation between": (
        "3D đầy đủ: {own} trọng số; thành (2+1)D, {space} đến {mid} rồi {time} đến {output}: {taken}, "
        "với thêm "
        "một kích hoạt ở giữa"
    ),
    "exact": "chính xác",
    "bound": "cận trên",
    "unknown": "không rõ",
    "work outside of torch": "phần tính ngoài torch",
    "a number": "một con số",
    "{name} unit {unit} along {axis} of {source}: {part1}, {part2}": (
        "{name}, nút {unit}, dọc theo {axis} của {source}: {part1}, {part2}"
    ),
    "{name} unit {unit} along {axis}: {part1}, {part2}": (
        "{name}, nút {unit}, dọc theo {axis}: {part1}, {part2}"
    ),
    "nothing": "không gì cả",
    "{inside} ({beyond} without the edges)": "{inside} ({beyond} nếu không có mép ảnh)",
    " (in the input {first} … {last})": " (trong đầu vào {first} … {last})",
    "{name} does not see the input": "{name} không nhìn thấy đầu vào",
    "{name}, unit {unit}, {status}: {axes}": "{name}, nút {unit}, {status}: {axes}",
    "all": "tất cả",
    "Choose a layer in the table below.": "Hãy chọn một tầng trong bảng bên dưới.",
    "architecture": "kiến trúc",
    "convolution": "tích chập",
    "pooling": "gộp (pooling)",
    "fully connected": "kết nối đầy đủ",
    "recurrent": "hồi tiếp",
    "attention": "chú ý (attention)",
    "branches joined": "các nhánh nhập lại",
    "other": "khác",
    "the input": "đầu vào",
    "{count} parameters": "{count} tham số",
    "sees {part}": "nhìn thấy {part}",
}
"""Remarks, units, and the words of the drawing."""
