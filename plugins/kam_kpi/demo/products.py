"""What the demo company sells: connectivity and IT services in eight families."""

from decimal import Decimal

from kam_kpi.demo.crm_rows import Product

_FAMILIES: tuple[tuple[str, str, bool, tuple[tuple[str, str, int], ...]], ...] = (
    ("Интернет и каналы", "0.45", True, (
        ("P101", "Интернет 100 Мбит/с", 9000), ("P102", "Интернет 1 Гбит/с", 26000),
        ("P103", "Канал L2 VPN", 18000))),
    ("Телефония", "0.38", True, (
        ("P201", "Виртуальная АТС", 7500), ("P202", "Номер 8-800", 4200),
        ("P203", "SIP-транк", 6100))),
    ("Облачные серверы", "0.52", True, (
        ("P301", "Виртуальный сервер", 14500), ("P302", "Выделенный кластер", 68000),
        ("P303", "Контейнерная платформа", 31000))),
    ("Хранение данных", "0.49", True, (
        ("P401", "Резервное копирование", 8800), ("P402", "Объектное хранилище", 6400))),
    ("Информационная безопасность", "0.55", True, (
        ("P501", "Защита от DDoS", 16000), ("P502", "Межсетевой экран", 21000),
        ("P503", "Центр мониторинга", 74000))),
    ("Техническая поддержка", "0.33", True, (
        ("P601", "Поддержка 8х5", 9900), ("P602", "Поддержка 24х7", 23500))),
    ("Внедрение и проекты", "0.28", False, (
        ("P701", "Проект миграции", 120000), ("P702", "Обследование сети", 60000))),
    ("Оборудование", "0.14", False, (
        ("P801", "Маршрутизатор", 41000), ("P802", "Коммутатор", 23000),
        ("P803", "IP-телефон", 5600))),
)  # fmt: skip


def products() -> list[Product]:
    """Every product; the price list does not depend on the seed."""
    return [
        Product(code, name, family, Decimal(cost), Decimal(margin), is_recurring)
        for family, margin, is_recurring, items in _FAMILIES
        for code, name, cost in items
    ]


PRODUCTS = {product.product_id: product for product in products()}


def line_cost(product_id: str, net: Decimal) -> Decimal:
    """Cost of a line at the product's margin."""
    return (net * (1 - PRODUCTS[product_id].margin)).quantize(Decimal("0.01"))
