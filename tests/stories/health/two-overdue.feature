Feature: Two invoices are overdue

  Scenario: One is a warning, two are a risk, and paying heals
    Given the Account "Hazel Bakery" of rep "Rita"
    And the customer "Hazel Bakery" with the e-mail address "till@hazel-bakery.example"
    When an invoice of 100 USD for "Flour" is sent to "Hazel Bakery", with 10 days to pay
    And an admin links the customer "Hazel Bakery" to the Account "Hazel Bakery"
    And 5 days pass
    And an invoice of 200 USD for "Sugar" is sent to "Hazel Bakery", with 10 days to pay
    And 5 days pass
    Then the Account "Hazel Bakery" shows:
      | Overdue Invoices | 1     |
      | Customer Health  | Watch |
    When 20 days pass
    Then the Account "Hazel Bakery" shows:
      | Overdue Invoices | 2         |
      | Customer Health  | At Risk   |
      | Health Reason    | …overdue… |
    And the Tasks are:
      | Owner | Closed | Dunning Status |
      | Rita  | no     | Overdue        |
      | Rita  | no     | Overdue        |
    When "Hazel Bakery" pays the open invoice
    And "Hazel Bakery" pays the open invoice
    Then the Account "Hazel Bakery" shows:
      | Overdue Invoices | 0       |
      | Customer Health  | Healthy |
      | Lifetime Value   | 300.00  |
    And the Tasks are:
      | Owner | Closed |
      | Rita  | yes    |
      | Rita  | yes    |
