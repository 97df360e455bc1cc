"""Remarks on single layers, and what an inspection refuses, in Vietnamese; numbers and names stay."""

REMARKS = {
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

ERRORS = {
    "there is no picture {path}: give an image file, or a folder of frames": (
        "không có hình nào ở {path}: hãy cho một tệp ảnh, hoặc một thư mục khung hình"
    ),
    "there is no image in {path}: give a picture, or a folder of frames": (
        "không có ảnh nào trong {path}: hãy cho một hình, hoặc một thư mục khung hình"
    ),
    "{path} cannot be read as a picture: {reason}": "không đọc được {path} như một hình: {reason}",
    "a batch is one or more inputs; got {given}": "một lô có từ một đầu vào trở lên; nhận được {given}",
    "what does {network} take? Say it with the shape of one input, such as 3x224x224 for an image or "
    "3x8x112x112 for a clip": (
        "{network} nhận gì? Hãy cho biết bằng kích thước của một đầu vào, như 3x224x224 với ảnh hoặc "
        "3x8x112x112 với đoạn video"
    ),
    "layout {letters} should have a letter for each of the {count} axes of the input, batch included, "
    "such as "
    '"NTC"': (
        'layout {letters} cần một chữ cái cho mỗi trục trong {count} trục của đầu vào, kể cả lô, như "NTC"'
    ),
    "an input is one shape such as 3x224x224; got {given}": (
        "một đầu vào là một kích thước như 3x224x224; nhận được {given}"
    ),
    "an input is channels, frames if any, height and width, as in 3x224x224; got {given}": (
        "một đầu vào là số kênh, số khung hình nếu có, chiều cao và chiều rộng, như 3x224x224; nhận "
        "được {given}"
    ),
    "{text} is no input: {part}": "{text} không phải là đầu vào: {part}",
    "an input shape is positive numbers such as (3, 224, 224); got {given}": (
        "kích thước của đầu vào là các số dương như (3, 224, 224); nhận được {given}"
    ),
    "an axis of an input is at most {most} long; got {given}": (
        "một trục của đầu vào dài nhất là {most}; nhận được {given}"
    ),
    "the input {name} lies in one that is given already: give one or the other": (
        "đầu vào {name} nằm trong một đầu vào đã được cho: hãy cho một trong hai"
    ),
    "the input {name} is given twice": "đầu vào {name} được cho hai lần",
    "the input {name} has no name": "đầu vào {name} không có tên",
    "layer {name} is called {count} times, so there is no call {call}": (
        "tầng {name} được gọi {count} lần, nên không có lần gọi {call}"
    ),
    "layer {name} does not see the input {source}": "tầng {name} không nhìn thấy đầu vào {source}",
    "layer {name} does not see the input": "tầng {name} không nhìn thấy đầu vào",
    "depth is how many parts of a name are shown, at least 1; got {given}": (
        "depth là số phần của tên được hiện, ít nhất là 1; nhận được {given}"
    ),
    "unit {unit} is not in a layer of {lengths} units: give {count} numbers from 0": (
        "nút {unit} không có trong một tầng gồm {lengths} nút: hãy cho {count} số, đếm từ 0"
    ),
    "{part}; or give a run folder, a .onnx or .pt2 file, my.py:function, package.module:function or "
    "timm:NAME": (
        "{part}; hoặc hãy cho thư mục của một lần huấn luyện, tệp .onnx hay .pt2, my.py:hàm, "
        "gói.module:hàm hay "
        "timm:TÊN"
    ),
    "{path} is a file of Python: say also what in it makes the network, as in {example}": (
        "{path} là một tệp Python: hãy cho biết thêm cái gì trong đó tạo ra mạng, như {example}"
    ),
    "{path} is no file that a network is read from: give a .onnx or .pt2 file, a run folder, or a function "
    "that loads it, as in my.py:make": (
        "không đọc được mạng từ tệp {path}: hãy cho một tệp .onnx hoặc .pt2, thư mục của một lần huấn luyện, "
        "hoặc một hàm nạp nó, như my.py:make"
    ),
    "there is no file {path}: give the path of a .onnx or .pt2 file": (
        "không có tệp {path}: hãy cho đường dẫn của một tệp .onnx hoặc .pt2"
    ),
    "{name} takes images, channels x height x width such as {usual}; got {given}": (
        "{name} nhận ảnh, kênh x cao x rộng, như {usual}; nhận được {given}"
    ),
    "{name} takes clips, channels x frames x height x width such as {usual}; got {given}": (
        "{name} nhận đoạn video, kênh x khung hình x cao x rộng, như {usual}; nhận được {given}"
    ),
    "{given} would be {count} channels for {name}: channels stand first; for {channels} of them say "
    "{meant}": (
        "{given} sẽ là {count} kênh đối với {name}: kênh đứng đầu; với {channels} kênh hãy viết {meant}"
    ),
    "a way through time, frames and causal are for image networks of the catalogue; {name} is as it is: "
    "leave "
    "them out": (
        "cách đi qua thời gian, frames và causal dành cho các mạng ảnh của danh mục; {name} giữ nguyên "
        "như nó "
        "vốn có: hãy bỏ chúng đi"
    ),
    "a clip is channels x frames x height x width, such as 3x8x112x112 for 8 frames; got {given} with "
    "{count} "
    "frames": (
        "một đoạn video là kênh x khung hình x cao x rộng, như 3x8x112x112 với 8 khung hình; nhận được "
        "{given} "
        "với {count} khung hình"
    ),
    "a clip is channels x frames x height x width, such as 3x8x112x112 for 8 frames; got {given}": (
        "một đoạn video là kênh x khung hình x cao x rộng, như 3x8x112x112 với 8 khung hình; nhận được "
        "{given}"
    ),
    "what does {network} take? say it, for example with --input 3x224x224": (
        "{network} nhận gì? hãy cho biết, chẳng hạn bằng --input 3x224x224"
    ),
    "--unit takes LAYER:3,5, a layer and a position in it; got {given}": (
        "--unit nhận TẦNG:3,5, một tầng và một vị trí trong đó; nhận được {given}"
    ),
    "layout {letters} should name axes by N, C, T, H and W, of at most {count} input, such as "
    '"NTC" or "NTC,NCHW"': (
        'layout {letters} cần gọi các trục bằng N, C, T, H và W, của nhiều nhất {count} đầu vào, như "NTC" '
        'hoặc "NTC,NCHW"'
    ),
    "layout {letters} should name axes by N, C, T, H and W, of at most {count} inputs, such as "
    '"NTC" or "NTC,NCHW"': (
        'layout {letters} cần gọi các trục bằng N, C, T, H và W, của nhiều nhất {count} đầu vào, như "NTC" '
        'hoặc "NTC,NCHW"'
    ),
    "{name} takes pictures of at most {most} pixels a side; got {given}": (
        "{name} nhận ảnh có nhiều nhất {most} điểm ảnh mỗi cạnh; nhận được {given}"
    ),
    "{network} needs {name}, which nobody gives it: give it a default, as in {example}": (
        "{network} cần {name} mà không ai cho nó: hãy cho nó một giá trị mặc định, như {example}"
    ),
    "{network}, called with {given}, failed: {reason}": "{network}, được gọi với {given}, bị lỗi: {reason}",
    "{network} should give a torch.nn.Module; it gave {kind}": (
        "{network} phải cho ra một torch.nn.Module; nó cho ra {kind}"
    ),
    "there is no file {path} to take {name} from: name a Python file or an importable module, as in "
    "my.py:make": (
        "không có tệp {path} để lấy {name}: hãy nêu một tệp Python hoặc một module nạp được, như my.py:make"
    ),
    "there is no module {path} to take {name} from: name a Python file or an importable module, as in "
    "my.py:make": (
        "không có module {path} để lấy {name}: hãy nêu một tệp Python hoặc một module nạp được, như "
        "my.py:make"
    ),
    "there is no file {path}: name a Python file, as in my.py:make": (
        "không có tệp {path}: hãy nêu một tệp Python, như my.py:make"
    ),
    "cannot import {module} of {name}: {reason}": "không nạp được {module} của {name}: {reason}",
    "{network} should give a torch.nn.Module; it is of type {kind}": (
        "{network} phải cho ra một torch.nn.Module; nó thuộc kiểu {kind}"
    ),
    "name in {place}": "tên trong {place}",
    "it comes from {name}, and there is no {file}: put the file back": (
        "nó đến từ {name}, mà không có {file}: hãy đặt tệp đó trở lại"
    ),
    "it comes from {name}, and {file} has changed since the run began: put the file back as it was (its "
    "SHA-256 "
    "began with {digest})": (
        "nó đến từ {name}, mà {file} đã thay đổi từ khi lần huấn luyện bắt đầu: hãy đặt lại tệp như cũ "
        "(SHA-256 "
        "của nó bắt đầu bằng {digest})"
    ),
    "it comes from {name} in {file}, and that name now means another file: stand in the folder that you "
    "trained "
    "in": (
        "nó đến từ {name} trong {file}, mà tên đó nay chỉ một tệp khác: hãy đứng trong thư mục nơi bạn "
        "đã huấn "
        "luyện"
    ),
    "{backbone} is an address of weights, and a network is asked for: give it with --weights, or to "
    "`striate predict`": (
        "{backbone} là địa chỉ của trọng số, mà ở đây cần một mạng: hãy đưa nó qua --weights, hoặc cho "
        "`striate predict`"
    ),
    "it is code, {name}, that nobody has run here yet: read it, name it once ({command}), then open the run "
    "again": (
        "đó là mã, {name}, mà chưa ai chạy ở đây: hãy đọc nó, gọi tên nó một lần ({command}), rồi mở lại lần "
        "huấn luyện"
    ),
    "{name} needs the package timm ({reason}): pip install 'striate[timm]'": (
        "{name} cần gói timm ({reason}): pip install 'striate[timm]'"
    ),
}
"""What is refused."""
