"""Sentences that arise where no language is known, such as errors: in English → in Vietnamese.

{places} hold facts, which stay as they are; {part}, {part1} … are sentences of this table themselves,
and a {span} holds no comma.
"""

_NO_PICTURE = "không có hình nào để vẽ: "

SENTENCES = {
    "{layer} has no part in the loss: no gradient reaches it": (
        "{layer} không tham gia vào hàm mất mát: không gradient nào truyền đến nó"
    ),
    "{part1}: worked out by hand it is {ours}, but torch computed {theirs}; the difference of {part2}, so "
    "the layer does something that its description does not say, such as a changed forward or a hook": (
        "{part1}: tính tay được {ours}, nhưng torch tính được {theirs}; chênh lệch {part2}, vậy tầng này làm "
        "điều mà mô tả của nó không nói đến, chẳng hạn forward đã bị sửa hoặc có hook"
    ),
    "{gap} is above rounding ({limit})": "{gap} vượt quá sai số làm tròn ({limit})",
    "{network} gives numbers that are not finite for this input{part}: nothing to explain": (
        "{network} cho ra những số không hữu hạn với đầu vào này{part}: không có gì để giải thích"
    ),
    " (the first layer that does is {layer})": " (tầng đầu tiên như vậy là {layer})",
    "a filter, a position, a weight or the way through is of a layer: give --layer too": (
        "bộ lọc, vị trí, trọng số hay đường lan truyền đều thuộc về một tầng: hãy cho cả --layer"
    ),
    "weight takes whole numbers with commas between, after a parameter's name if it is not the weight, as in "
    "4,2,1,1 or bias:3; got {given}": (
        "weight nhận các số nguyên cách nhau bằng dấu phẩy, đứng sau tên tham số nếu đó không phải weight, "
        "như 4,2,1,1 hoặc bias:3; nhận được {given}"
    ),
    "an input holds numbers that are not finite": "một đầu vào có những số không hữu hạn",
    "inputs of shape {given} in place of {expected}": "đầu vào có kích thước {given} thay vì {expected}",
    "{layer} has filters 0–{last}; got {filters}": "{layer} có các bộ lọc 0–{last}; nhận được {filters}",
    "{layer} has no filters that could be switched off: name a convolution": (
        "{layer} không có bộ lọc nào để tắt: hãy nêu một tầng tích chập"
    ),
    "{layer} has no number {index}: expected {ranges}": "{layer} không có con số {index}: cần {ranges}",
    "{layer} is no temporal shift of the network": (
        "{layer} không phải là một tầng dịch chuyển theo thời gian của mạng"
    ),
    "{name} of shape {shape} is no parameter of the network{more}": (
        "{name} với kích thước {shape} không phải là tham số của mạng{more}"
    ),
    "a module does not say how pixels are prepared: give numbers as it takes them": (
        "một module không cho biết điểm ảnh được chuẩn bị thế nào: hãy cho các số như nó nhận"
    ),
    "at takes whole numbers with commas between, as in 4,4; got {given}": (
        "at nhận các số nguyên cách nhau bằng dấu phẩy, như 4,4; nhận được {given}"
    ),
    "{video} has no window {number}: expected 1–{last}": (
        "{video} không có cửa sổ {number}: cần một số từ 1 đến {last}"
    ),
    "no file {path}: give an image file, or an image of a data set as digits/test/17": (
        "không có tệp {path}: hãy cho một tệp ảnh, hoặc một ảnh của tập dữ liệu như digits/test/17"
    ),
    "{run} was trained on images, and {path} is a video: give image files": (
        "{run} được huấn luyện trên ảnh, còn {path} là video: hãy cho các tệp ảnh"
    ),
    "{source} has no images to {split}: it has {splits}": (
        "{source} không có ảnh nào trong phần {split}: nó có {splits}"
    ),
    "{source} has no image {number}: expected 0–{last}": (
        "{source} không có ảnh số {number}: cần một số từ 0 đến {last}"
    ),
    "{run} takes images of shape {expected} (N×C×H×W); got {given}: give the right channels and size": (
        "{run} nhận ảnh có kích thước {expected} (N×C×H×W); nhận được {given}: hãy cho đúng số kênh và cỡ ảnh"
    ),
    "{run} takes clips of shape {expected} (N×C×T×H×W); got {given}: give the right planes and size": (
        "{run} nhận đoạn video có kích thước {expected} (N×C×T×H×W); nhận được {given}: hãy cho đúng số kênh "
        "và cỡ ảnh"
    ),
    "no videos in {source}: give a video file, or a folder of frames": (
        "không có video nào trong {source}: hãy cho một tệp video, hoặc một thư mục khung hình"
    ),
    "{path} holds {count} videos: give a window of one, as in clip.mp4#1": (
        "{path} chứa {count} video: hãy cho một cửa sổ của một video, như clip.mp4#1"
    ),
    "cannot read the array {path}: {problem}; give a file made by numpy.save": (
        "không đọc được mảng {path}: {problem}; hãy cho một tệp do numpy.save tạo ra"
    ),
    "{source} has more than {most} windows, too many at once: give one, as in {example}": (
        "{source} có hơn {most} cửa sổ, quá nhiều cho một lần: hãy cho một cửa sổ, như {example}"
    ),
    "{layer} is a {type}, a block of several layers: name one of {names}": (
        "{layer} là một {type}, một khối gồm nhiều tầng: hãy nêu một trong {names}"
    ),
    "{layer} is {part}, which cannot be worked out by hand; those that can: {names}": (
        "{layer} là {part}, không tính tay được; những tầng tính được: {names}"
    ),
    "a dropout in training mode": "một tầng dropout ở chế độ huấn luyện",
    "an LSTM with projections": "một LSTM có phép chiếu",
    "a recurrent layer on an input without a batch": "một tầng hồi tiếp với đầu vào không có chiều lô",
    "a mean over the frames so far": "trung bình trên các khung hình cho đến lúc đó",
    "a {type} of an input without a batch": "một {type} với đầu vào không có chiều lô",
    "a {type}": "một {type}",
    "{layer} has no parameter {parameter} whose gradient is a sum of terms": (
        "{layer} không có tham số {parameter} nào mà gradient là một tổng các số hạng"
    ),
    "{layer} has no parameter {parameter} that could be taken apart: give one of {own}": (
        "{layer} không có tham số {parameter} để tách ra: hãy cho một trong {own}"
    ),
    "{layer} is a {type}: it has no weights whose gradient could be taken apart; name a layer that has some: "
    "{part}": (
        "{layer} là một {type}: nó không có trọng số nào mà gradient tách ra được; hãy nêu một tầng có trọng "
        "số: {part}"
    ),
    "this network has none": "mạng này không có tầng nào như thế",
    "a gradient needs scores of each input; the network gives {shape} for {count} inputs": (
        "gradient cần điểm số của từng đầu vào; mạng cho ra {shape} cho {count} đầu vào"
    ),
    "{layer} is worked out of other parameters ({own}), so it is not what is learned: ask for its output, or "
    "take the parametrization away first": (
        "{layer} được tính từ các tham số khác ({own}), nên nó không phải là thứ được học: hãy hỏi đầu ra "
        "của tầng, hoặc bỏ parametrization trước"
    ),
    "a gradient needs scores of shape N×classes for the cross-entropy; the network gives {shape}: flatten or "
    "pool its output first": (
        "gradient cần các điểm số cỡ N×số lớp cho entropy chéo; mạng cho ra {shape}: hãy làm phẳng hoặc gộp "
        "đầu ra của nó trước"
    ),
    "the network gives one score: softmax makes it 1 and the loss 0 whatever it is, so there is no gradient; "
    "a gradient needs two classes or more": (
        "mạng chỉ cho một điểm số: softmax biến nó thành 1 và mất mát thành 0 dù nó là gì, nên không có "
        "gradient; gradient cần ít nhất hai lớp"
    ),
    "label {label} is not a class of the network: expected 0–{last}": (
        "nhãn {label} không phải là một lớp của mạng: cần một số từ 0 đến {last}"
    ),
    "Grad-CAM needs maps: the output of {layer} has shape {shape}": (
        "Grad-CAM cần các bản đồ: đầu ra của {layer} có kích thước {shape}"
    ),
    "Grad-CAM needs maps: no layer of this network gives any": (
        "Grad-CAM cần các bản đồ: không tầng nào của mạng này cho ra bản đồ"
    ),
    "{layer} gives no maps: its output for an input has shape {shape}, not C×H×W": (
        "{layer} không cho bản đồ nào: đầu ra của nó với một đầu vào có kích thước {shape}, không phải C×H×W"
    ),
    "{layer} is a {type}: it has no filters to draw": "{layer} là một {type}: nó không có bộ lọc nào để vẽ",
    "an update needs an optimiser: explain a run, or give optimizer= with the module": (
        "cập nhật cần một bộ tối ưu: hãy giải thích một lần huấn luyện, hoặc cho optimizer= cùng với module"
    ),
    "which layer is to be shown? give --layer, one of {names}": (
        "vẽ tầng nào? hãy cho --layer, một trong {names}"
    ),
    "there is no class to ask about: the network gives {shape}, not N×classes": (
        "không có lớp nào để hỏi: mạng cho ra {shape}, không phải N×số lớp"
    ),
    "there is no picture to show: the input has shape {shape}, expected C×H×W": (
        _NO_PICTURE + "đầu vào có kích thước {shape}, cần C×H×W"
    ),
    "there is no picture to show: the input has shape {shape}": _NO_PICTURE + "đầu vào có kích thước {shape}",
    "there is no picture to show: an input has shape {shape}, not C×H×W or C×T×H×W": (
        _NO_PICTURE + "một đầu vào có kích thước {shape}, không phải C×H×W hay C×T×H×W"
    ),
    "a gradient needs the loss, and the loss needs a label: the network is in evaluation mode and {input} "
    "has none; give --label NAME{part}, or an image of a data set such as digits/test/17": (
        "gradient cần hàm mất mát, và hàm mất mát cần một nhãn: mạng đang ở chế độ đánh giá và {input} không "
        "có nhãn; hãy cho --label TÊN{part}, hoặc một ảnh của tập dữ liệu như digits/test/17"
    ),
    " (one of {names})": " (một trong {names})",
    "explain what? give an input: an image or video file, or one of a data set as digits/test/17": (
        "giải thích cái gì? hãy cho một đầu vào: một tệp ảnh hoặc video, hoặc một mẫu của tập dữ liệu như "
        "digits/test/17"
    ),
    "there is nothing in an input of shape {shape}: give at least one, batch first": (
        "đầu vào có kích thước {shape} không chứa gì: hãy cho ít nhất một mẫu, chiều lô đứng đầu"
    ),
    "an input holds numbers that are not finite: nan or infinity explains nothing": (
        "một đầu vào có những số không hữu hạn: nan hay vô cực không giải thích được gì"
    ),
    "clips of {part} frames make no batch: give clips of one length": (
        "các đoạn video dài {part} khung hình không ghép thành một lô: hãy cho các đoạn dài bằng nhau"
    ),
    "{first} and {second}": "{first} và {second}",
    "{labels} labels for {inputs} inputs: give one, or one for each": (
        "{labels} nhãn cho {inputs} đầu vào: hãy cho một nhãn, hoặc mỗi đầu vào một nhãn"
    ),
    "a module does not say how its images are prepared: give tensors or .npy files; got {source}": (
        "một module không cho biết ảnh của nó được chuẩn bị thế nào: hãy cho tensor hoặc tệp .npy; nhận được "
        "{source}"
    ),
    "a module does not name its classes: give a label by its number; got {label}": (
        "một module không đặt tên cho các lớp: hãy cho nhãn bằng số; nhận được {label}"
    ),
    "{part1} {index} is not in {layer}: {part2}": "{layer} không có {part1} {index}: {part2}",
    "expected {part}": "cần {part}",
    "expected {part}; the nearest is {nearest}": "cần {part}; gần nhất là {nearest}",
    "its outputs have no position: leave it out": "các đầu ra của nó không có vị trí: hãy bỏ nó đi",
    "{part}, {count} number": "{part}, {count} số",
    "{part}, {count} numbers": "{part}, {count} số",
    "{part1}, {part2}": "{part1}, {part2}",
    "filter {span}": "bộ lọc {span}",
    "channel {span}": "kênh {span}",
    "frame {span}": "khung hình {span}",
    "row {span}": "hàng {span}",
    "column {span}": "cột {span}",
    "output {span}": "đầu ra {span}",
    "input {span}": "đầu vào {span}",
    "filter": "bộ lọc",
    "unit": "nút",
    "position": "vị trí",
    "the weight is not one that the optimiser changes: it is frozen": (
        "trọng số này không được bộ tối ưu thay đổi: nó đã bị đóng băng"
    ),
    "{optimiser} with maximize or amsgrad cannot be worked out by hand": (
        "{optimiser} với maximize hoặc amsgrad không tính tay được"
    ),
    "the optimiser {optimiser} cannot be worked out by hand; those that can: Adam, AdamW, SGD": (
        "bộ tối ưu {optimiser} không tính tay được; những bộ tính được: Adam, AdamW, SGD"
    ),
    "unknown {part} {name}: did you mean {near}? Known: {names}": (
        "không có {part} {name}: có phải là {near}? Các tên đã biết: {names}"
    ),
    "unknown {part} {name}: known: {names}": "không có {part} {name}: các tên đã biết: {names}",
    "class": "lớp",
    "layer": "tầng",
    "picture": "hình",
    "no run at {path}: expected a folder made by `striate train`; see `ls {folder}`": (
        "không có lần huấn luyện nào ở {path}: cần một thư mục do `striate train` tạo ra; hãy xem "
        "`ls {folder}`"
    ),
    "loss": "mất mát",
    "∂L/∂scores": "∂L/∂(điểm số)",
    "{what}, the whole kernel": "{what}, toàn bộ nhân",
    "{what} as an entry of δ·U": "{what} như một phần tử của δ·U",
    "the updated kernel {index}": "nhân {index} sau khi cập nhật",
    "δ of {place}": "δ của {place}",
    "the gradient at the input of {layer}": "gradient tại đầu vào của {layer}",
    "gradient descent": "hạ gradient (gradient descent)",
    "momentum": "động lượng (momentum)",
    "inputs": "các đầu vào đã cho",
}
