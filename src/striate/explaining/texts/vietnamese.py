"""The texts in Vietnamese: tầng for layer, lớp for class, nhân for kernel, bộ lọc for filter."""

TEXTS = {
    "title": "{subject}: những con số đằng sau một con số",
    "not_known": "không rõ",
    "overview.title": "Mạng và đầu vào",
    "overview.input": (
        "Mạng {subject} nhận {inputs}, dưới dạng các số có kích thước {shape} (chiều lô đứng đầu)."
    ),
    "overview.label": "Lớp đúng của nó là {label}.",
    "pixels.text": (
        "Trước tầng đầu tiên: mỗi điểm ảnh p là một số nguyên từ 0 (tối) đến 255 (sáng). Với trung bình μ và "
        "độ lệch chuẩn σ được lưu trong lần huấn luyện, nó trở thành con số x mà mạng nhận vào."
    ),
    "pixels.window": (
        "Các điểm ảnh (hàng {rows}, cột {columns}) và giá trị mà chúng trở thành; điểm được đánh dấu được "
        "viết ra"
    ),
    "pixels.window_frame": (
        "Các điểm ảnh của khung hình {frame} (hàng {rows}, cột {columns}) và giá trị mà chúng trở thành; "
        "điểm được đánh dấu được viết ra"
    ),
    "overview.ranking": "Kết quả của mạng",
    "overview.temperature": (
        "T = {temperature} là nhiệt độ được khớp trên ảnh kiểm định của lần huấn luyện; predict cũng chia "
        "cho nó."
    ),
    "overview.layers": "Các tầng, theo thứ tự chạy",
    "glossary.title": "Bảng thuật ngữ",
    "label.contents": "Mục lục",
    "label.skip": "Chuyển đến nội dung",
    "label.page": (
        "Mọi con số trên trang này đều được tính tay (bằng float64, không dùng autograd) từ các tensor "
        "ghi lại trong mạng, rồi so với kết quả của torch."
    ),
    "unit.title": "Một con số của {layer}: đầu ra [{index}], {kind}",
    "unit.checked": "Tính tay: {value}. Chênh lệch với kết quả của torch là {difference}.",
    "unit.after": "Sau đó là {layer} ({kind}):",
    "unit.receptive_field": (
        "Con số này phụ thuộc vào đầu vào tại {spans}: đó là trường tiếp nhận của nó, kích thước {size}."
    ),
    "unit.receptive_field_cut": (
        "Con số này phụ thuộc vào đầu vào tại {spans}: đó là trường tiếp nhận của nó, kích thước {size}, "
        "phần nằm bên trong."
    ),
    "unit.receptive_field_picture": "Trường tiếp nhận trong đầu vào",
    "common.cells": "Những đầu vào đóng góp nhiều nhất, trong số {count}",
    "common.parts": "Theo thứ tự: độ lệch (bias), các đầu vào nêu trên, mọi đầu vào còn lại.",
    "common.moved": "Đó là đầu vào tại ({source}), {value}, ở vị trí khác: tầng này không đổi con số nào.",
    "common.outside": "Nó đến từ bên ngoài đầu vào: {value}.",
    "grid.pixels": "điểm ảnh p",
    "grid.numbers": "các số x",
    "grid.upstream": "δ",
    "grid.input": "đầu vào",
    "grid.terms": "các số hạng",
    "gradient.all": "Mọi số hạng của {layer} với mẫu {sample}, theo vị trí ở đầu ra",
    "gradient.picture": (
        "Mọi số hạng của {layer} theo vị trí ở đầu ra, mỗi mẫu một ô; đỏ là dương, xanh dương là âm"
    ),
    "grid.gradient": "gradient",
    "grid.old": "cũ",
    "grid.step": "bước",
    "grid.new": "mới",
    "loss.title": "Hàm mất mát",
    "loss.text": (
        "Softmax biến điểm số thành xác suất; entropy chéo xét xem lớp đúng có xác suất bao nhiêu. Mất "
        "mát là trung bình trên các mẫu (ở đây là {samples}), với mức làm mượt nhãn (label smoothing) "
        "{smoothing}; nó "
        "dùng các điểm số như chúng vốn có, không chia cho nhiệt độ."
    ),
    "loss.table": (
        "Các lớp có xác suất cao nhất của đầu vào thứ nhất, và gradient nơi lan truyền ngược bắt đầu"
    ),
    "loss.samples": "Mất mát của từng mẫu",
    "gradient.title": "Gradient của một trọng số: {layer}, {parameter} [{index}]",
    "gradient.text": (
        "Trọng số này được dùng {count} lần. Mỗi lần đóng góp một số hạng: gradient truyền đến đầu ra "
        "tại đó (δ), nhân với đầu vào mà trọng số đã gặp."
    ),
    "gradient.largest": "{shown} số hạng lớn nhất trong {count} số hạng",
    "gradient.rest": "{shown} số hạng lớn nhất đứng trước; {rest} số hạng còn lại cộng thêm {sum}.",
    "gradient.samples": "Phần của từng mẫu",
    "gradient.matrix": (
        "Cũng con số đó dưới dạng tích ma trận: δ cỡ {delta} nhân với các vùng đã trải ra (im2col) cỡ "
        "{patches}. "
        "Hàng {row}, cột {column} của kết quả là {value}."
    ),
    "gradient.kernel": "Gradient của mọi trọng số trong nhân này",
    "gradient.kernel_frame": "Gradient của mọi trọng số trong nhân này, khung hình {frame}",
    "update.title": "Cập nhật: {rule}",
    "update.text": "Giá trị mới mà bộ tối ưu ({rule}, sau {steps} bước huấn luyện) sẽ cho trọng số này.",
    "update.peak": (
        "Tốc độ học là mức cao nhất trong lịch của lần huấn luyện, {rate}: ở cuối lịch nó gần như"
        " bằng 0 và sẽ chẳng thấy bước nào."
    ),
    "update.raw": (
        "Lần huấn luyện giữ trung bình trượt của các trọng số, và mạng trên trang này chính là "
        "trung bình đó. Bộ tối ưu dời các trọng số gốc đằng sau; dưới đây là bước của trọng số "
        "gốc, với gradient của trang này."
    ),
    "update.average": ("Sau đó trung bình a thu nhận trọng số gốc mới:"),
    "update.settings": "Thiết lập",
    "update.clip": "Gradient của toàn mạng dài hơn giới hạn, nên được nhân với {factor}.",
    "update.memory": "Những gì bộ tối ưu ghi nhớ về trọng số này",
    "update.change": "Cũ {old}, mới {new}: thay đổi {change}.",
    "update.kernel": "Toàn bộ nhân: cũ + bước = mới",
    "setting.rate": "tốc độ học η",
    "setting.weight_decay": "suy giảm trọng số λ",
    "setting.momentum": "động lượng μ",
    "setting.dampening": "hệ số cản τ",
    "setting.nesterov": "Nesterov (1: có)",
    "setting.epsilon": "ε",
    "setting.beta1": "β₁",
    "setting.beta2": "β₂",
    "setting.decoupled": "suy giảm tách rời (1: có)",
    "chain.title": "Chuỗi đạo hàm bằng số: từ hàm mất mát đến δ tại [{place}] của {layer}",
    "chain.text": (
        "δ của một con số là ∂L/∂(con số đó), mọi thứ khác giữ nguyên. Nó là tổng qua các số mà "
        "nó tham gia tạo ra: δ của mỗi số, nhân với mức số ấy thay đổi theo nó. Ở đây đi ngược từ"
        " hàm mất mát; mỗi bước theo số hạng lớn nhất."
    ),
    "chain.scores": "Tại điểm số [{place}] của {layer}, hàm mất mát cho δ = (p − q)/N = {delta}.",
    "chain.ends": (
        "Sau đầu ra [{place}] của {layer} không phải một tầng mà là một hàm trong mạng: δ của nó "
        "là con số torch tính được."
    ),
    "chain.table": "{shown} số hạng lớn nhất trong {count} số hạng: con số này đã đi vào đâu",
    "chain.one": "Nó chỉ đi vào một con số, [{place}] của {layer}.",
    "chain.rest": "{count} số hạng còn lại cộng thêm {sum}.",
    "chain.elsewhere": (
        "{value} truyền về theo đường không phải là tầng, chẳng hạn phép cộng với một nhánh khác "
        "(theo kết quả của torch)."
    ),
    "example.text": (
        "Số hạng lớn nhất viết ra. Đầu ra [{place}] của {layer}, trước hàm kích hoạt, bằng trọng "
        "số nhân với đầu vào mà nó gặp, cộng với mọi thứ khác, vốn là hằng số đối với trọng số "
        "này:"
    ),
    "example.term": (
        "Vậy đạo hàm chính là đầu vào ấy, và theo quy tắc dây chuyền, số hạng này bằng δ nhân với"
        " nó. ∂L/∂w là tổng của mọi số hạng như vậy:"
    ),
    "matrix.window": (
        "Hàng của δ {rows}, vị trí {inner}, cột của U {columns}: hàng, cột và phần tử được hỏi được đánh dấu"
    ),
    "matrix.rest": "{count} vị trí còn lại không hiện ra nhưng vẫn được tính trong tích.",
    "head.fed": "đi vào",
    "head.place": "tại",
    "head.slope": "∂y/∂x",
    "through.title": "Đường lan truyền ngược từ hàm mất mát đến {layer}",
    "through.text": (
        "Quy tắc dây chuyền, lần lượt từng tầng kể từ cuối: tại mỗi tầng, gradient được nhân với đạo hàm "
        "riêng của tầng đó. Bảng cho biết độ lớn của nó sau mỗi bước, cho đến {layer}."
    ),
    "through.table": "Gradient tại đầu ra của mỗi tầng",
    "through.vanishes": (
        "Từ điểm số đến đây, chuẩn của gradient được nhân với {ratio}, và gradient của trọng số, "
        "so với chính trọng số, được nhân với {weights}: gradient tiêu biến."
    ),
    "through.shrinks": (
        "Từ điểm số đến đây, chuẩn của gradient được nhân với {ratio}, nhưng gradient của trọng "
        "số, so với chính trọng số, chỉ được nhân với {weights}: gradient co lại mà trọng số vẫn "
        "học được."
    ),
    "through.explodes": (
        "Từ điểm số đến đây, chuẩn của gradient được nhân với {ratio}, và gradient của trọng số, "
        "so với chính trọng số, được nhân với {weights}: gradient bùng nổ."
    ),
    "through.grows": (
        "Từ điểm số đến đây, chuẩn của gradient được nhân với {ratio}, nhưng gradient của trọng "
        "số, so với chính trọng số, chỉ được nhân với {weights}: gradient lớn lên mà bước của "
        "trọng số thì không."
    ),
    "through.steady": (
        "Từ điểm số đến đây, chuẩn của gradient được nhân với {ratio} (gradient của trọng số, so "
        "với chính trọng số: {weights}): gradient không tiêu biến cũng không bùng nổ."
    ),
    "checks.title": "Đối chiếu",
    "checks.text": (
        "Tính tay so với torch. Sai số làm tròn là mức lớn nhất mà độ chính xác đơn có thể gây ra; nếu "
        "chênh lệch lớn hơn, thay cho trang này đã là một thông báo lỗi."
    ),
    "checks.table": "Các chênh lệch lớn nhất",
    "head.class": "lớp",
    "head.probability": "xác suất",
    "head.layer": "tầng",
    "head.type": "kiểu",
    "head.output": "đầu ra",
    "head.worked_out": "được tính như",
    "head.channel": "kênh",
    "head.channels": "các kênh",
    "head.sum": "tổng",
    "head.input": "đầu vào",
    "head.value": "giá trị",
    "head.weight": "trọng số",
    "head.product": "tích",
    "head.divided": "z\u00a0÷\u00a0T",
    "head.softmax": "softmax(z)",
    "head.score": "điểm số z",
    "head.target": "đích\u00a0q",
    "head.gradient": "∂L/∂z",
    "head.sample": "mẫu",
    "head.loss": "mất mát",
    "head.output_position": "ở\u00a0đầu\u00a0ra",
    "head.input_position": "ở\u00a0đầu\u00a0vào",
    "head.upstream": "δ",
    "head.input_value": "đầu vào",
    "head.term": "số hạng",
    "head.setting": "thiết lập",
    "head.memory": "bộ nhớ",
    "head.before": "trước",
    "head.after": "sau",
    "head.shape": "kích thước",
    "head.norm": "chuẩn",
    "head.largest": "lớn nhất",
    "head.zeros": "tỉ lệ số không",
    "head.factor": "tỉ lệ chuẩn",
    "head.relative": "‖∂L/∂W‖ ÷ ‖W‖",
    "head.difference": "chênh lệch",
    "head.gate": "cổng",
    "head.from_input": "từ đầu vào",
    "head.from_state": "từ trạng thái",
    "head.step": "bước",
    "head.state": "trạng thái h",
    "head.what": "đại lượng",
    "head.numbers": "số lượng",
    "head.rounding": "sai số làm tròn",
    "kind.unknown": "không tính tay được",
    "picture.alt": "{caption}: {count} ô, giá trị từ {low} đến {high}.",
    "picture.maps.title": "Bản đồ đặc trưng của {layer}",
    "picture.maps": (
        "{shown} trong {count} bản đồ đặc trưng của {layer} với đầu vào này, mỗi bản đồ theo thang riêng "
        "từ tối (nhỏ nhất) đến sáng (lớn nhất)"
    ),
    "picture.filters.title": "Bộ lọc của {layer}",
    "picture.filters": (
        "{shown} trong {count} nhân của {layer}; đỏ là dương, xanh dương là âm, trắng là 0 (nhân trên ảnh "
        "RGB "
        "vẽ theo màu của chúng, xám là 0)"
    ),
    "picture.filters_before.title": "Bộ lọc của {layer} trước khi cập nhật",
    "picture.filters_before": (
        "{shown} trong {count} nhân của {layer} trước khi cập nhật; đỏ là dương, xanh dương là âm"
    ),
    "picture.filters_after.title": "Bộ lọc của {layer} sau khi cập nhật",
    "picture.filters_after": (
        "{shown} trong {count} nhân của {layer} sau khi cập nhật; đỏ là dương, xanh dương là âm"
    ),
    "picture.filters_change.title": "Cập nhật đã thay đổi gì ở {layer}",
    "picture.filters_change": (
        "Hiệu sau trừ trước của {shown} trong {count} nhân của {layer}, theo thang riêng; đỏ là tăng, "
        "xanh dương là giảm"
    ),
    "picture.map_update.title": "Bản đồ đặc trưng {filter} của {layer}, trước và sau khi cập nhật",
    "picture.map_update": (
        "Bản đồ đặc trưng {filter} của {layer} trước và sau khi cập nhật toàn mạng; thay đổi nhiều nhất "
        "là {change}"
    ),
    "picture.grad_cam.title": "Grad-CAM cho lớp {class}",
    "picture.grad_cam": "Grad-CAM: nơi các bản đồ của {layer} ủng hộ lớp {class} (vàng: mạnh nhất)",
    "picture.integrated_gradients.title": "Gradient tích phân cho lớp {class}",
    "picture.integrated_gradients": (
        "Gradient tích phân với {steps} bước kể từ đầu vào trống: điểm ảnh đỏ làm tăng điểm số của lớp "
        "{class}, điểm xanh dương làm giảm. Tổng của chúng là {sum}; điểm số tăng {rise}"
    ),
    "picture.occlusion.title": "Bị che (nền đen): lớp {class}",
    "picture.occlusion": (
        "Xác suất của lớp {class}, {before}, giảm bao nhiêu khi một ô vuông cạnh {side} tại đó bị che "
        "(nền đen) (đỏ: giảm, xanh dương: tăng)"
    ),
    "picture.largest.title": "Bộ lọc {filter} của {layer} phản ứng mạnh nhất với gì",
    "picture.largest": (
        "Những ảnh của {source} (đã xem {images} ảnh) có kích hoạt lớn nhất của bộ lọc {filter} thuộc "
        "{layer}; khung là trường tiếp nhận của vị trí mạnh nhất"
    ),
    "picture.effective_field.title": "Trường tiếp nhận hiệu dụng của {layer} [{unit}]",
    "picture.effective_field": (
        "Mỗi vị trí tác động mạnh đến đâu lên đầu ra [{unit}] của {layer}. Trường lý thuyết (khung) có "
        "kích thước {theoretical}; số vị trí có ảnh hưởng ít nhất 4,55 % mức lớn nhất bằng một hình "
        "vuông cạnh {effective}"
    ),
}

GLOSSARY = {
    "cnn2d": (
        "CNN 2D",
        "Mạng tích chập có nhân trượt theo chiều cao và chiều rộng: nó xem từng ảnh, hoặc từng khung "
        "hình của video một cách riêng rẽ.",
    ),
    "cnn3d": (
        "CNN 3D",
        "Mạng tích chập có nhân trượt cả theo thời gian: nó thấy được chuyển động, với chi phí cao gấp "
        "vài lần.",
    ),
    "spatial_temporal": (
        "thông tin không gian và thời gian",
        "Không gian: cái gì nằm ở đâu trong một ảnh. Thời gian: nó thay đổi thế nào từ khung hình này "
        "sang khung khác.",
    ),
    "optical_flow": (
        "luồng quang học",
        "Với mỗi điểm ảnh, độ dịch chuyển ngang và dọc từ khung hình này sang khung hình kế tiếp; là đầu "
        "vào của nhánh thứ hai trong mạng hai nhánh (two-stream).",
    ),
    "rnn": (
        "RNN",
        "Mạng nơ-ron hồi tiếp: đọc một chuỗi theo từng bước và mang một trạng thái, h = tanh(W·x + U·h + "
        "b), từ bước này sang bước sau.",
    ),
    "lstm": (
        "LSTM",
        "Bộ nhớ dài-ngắn hạn: mạng hồi tiếp có một ô nhớ với ba cổng quyết định quên gì, nhận gì và đưa "
        "ra gì, nhờ đó gradient còn giữ được qua nhiều bước.",
    ),
    "gru": ("GRU", "Nút hồi tiếp có cổng: giống LSTM nhưng chỉ có hai cổng và không có ô nhớ riêng."),
    "cost": (
        "chi phí tính toán",
        "Cái giá của một đầu vào: số phép nhân-cộng (MAC), số byte bộ nhớ và thời gian.",
    ),
    "temporal_shift": (
        "dịch chuyển theo thời gian",
        "Dời một phần các kênh đi một khung hình (TSM), để tích chập 2D trao đổi thông tin giữa các "
        "khung hình mà không cần thêm tham số hay phép nhân nào.",
    ),
    "receptive_field": (
        "trường tiếp nhận",
        "Phần của đầu vào mà một đầu ra có thể phụ thuộc vào. Trường hiệu dụng là phần thật sự có trọng "
        "lượng.",
    ),
    "feature_map": (
        "bản đồ đặc trưng",
        "Một kênh trong đầu ra của một tầng: phản ứng của một bộ lọc tại mọi vị trí.",
    ),
    "kernel": ("nhân (kernel)", "Các trọng số mà bộ lọc dùng để nhìn một kênh vào, ví dụ 3×3 số."),
    "filter": (
        "bộ lọc (filter)",
        "Cái tạo ra một kênh đầu ra: mỗi kênh vào trong nhóm của nó có một nhân, thêm một độ lệch (bias).",
    ),
    "pointwise": (
        "tích chập điểm (pointwise convolution)",
        "Tích chập với nhân 1×1: một tầng kết nối đầy đủ tại mỗi điểm ảnh, trộn các kênh và không nhìn "
        "điểm lân cận nào. Còn gọi là gộp bản đồ đặc trưng (feature-map pooling), gộp tham số xuyên kênh "
        "(cross-channel parametric pooling) hay phép chiếu (projection).",
    ),
    "stride": ("bước nhảy (stride)", "Số ô mà nhân dời đi từ đầu ra này sang đầu ra kế tiếp."),
    "padding": ("đệm (padding)", "Các ô thêm quanh đầu vào, thường là số 0, để nhân đặt được ở rìa."),
    "pooling": ("gộp (pooling)", "Thay một cửa sổ gồm nhiều số bằng một số: số lớn nhất, hoặc trung bình."),
    "gradient": (
        "gradient",
        "Mất mát thay đổi nhanh thế nào khi một con số thay đổi; huấn luyện đi ngược hướng đó.",
    ),
    "chain_rule": (
        "quy tắc dây chuyền",
        "Đạo hàm của hàm hợp là tích các đạo hàm; lan truyền ngược chính là quy tắc dây chuyền đọc từ cuối.",
    ),
    "loss": ("hàm mất mát", "Một con số cho biết mạng sai đến đâu; huấn luyện làm nó nhỏ đi."),
}
